#include "dataset/mix.h"

#include <gtest/gtest.h>

#include <numeric>

#include "base/error.h"
#include "base/files.h"
#include "dataset/partners.h"

namespace hepatica {
namespace {

MixSample sample(float value, std::vector<float> target, int64_t first, int64_t end) {
  MixSample s{{2, 8, 8, std::vector<float>(128, value)}, std::vector<uint8_t>(64), std::move(target)};
  for (int64_t y = first; y < end; ++y)
    for (int64_t x = first; x < end; ++x) s.region[size_t(y * 8 + x)] = 1;
  return s;
}

TEST(Mix, MixUpIsAConvexCombination) {
  const MixSample mixed = mixup(sample(2, {1, 0}, 0, 4), sample(-2, {0, 1}, 4, 8), 0.75);
  for (const float value : mixed.image.values) EXPECT_FLOAT_EQ(value, 1);
  EXPECT_EQ(mixed.target, (std::vector<float>{0.75f, 0.25f}));
  EXPECT_EQ(std::accumulate(mixed.region.begin(), mixed.region.end(), 0), 32);
}

TEST(Mix, CutMixLabelsByTheAreaThatIsThere) {
  Rng rng(3);
  int cut_off = 0;
  for (int n = 0; n < 50; ++n) {
    const MixSample mixed = cutmix(sample(0, {1, 0}, 0, 8), sample(1, {0, 1}, 0, 8), 0.75, rng);
    const auto ones = std::count(mixed.image.values.begin(), mixed.image.values.end(), 1.0f);
    EXPECT_FLOAT_EQ(mixed.target[1], float(ones) / 128);
    EXPECT_LE(ones, 2 * 4 * 4 + 2 * 9);  // sides of 4 pixels, of 5 where the ends round apart
    cut_off += ones < 2 * 16;
  }
  EXPECT_GT(cut_off, 0);
}

TEST(Mix, LesionsAreBlendedWhereBothRegionsLie) {
  // Regions of 4 x 4 and 4 x 4 pixels that share 2 x 2.
  const MixSample a = sample(1, {1, 0}, 0, 4), b = sample(5, {0, 1}, 2, 6);
  const MixSample mixed = mix_lesions(a, b, 0.25, 0);
  EXPECT_FLOAT_EQ(mixed.image.values[2 * 8 + 2], 0.25f * 1 + 0.75f * 5);
  EXPECT_FLOAT_EQ(mixed.image.values[64 + 3 * 8 + 3], 4);
  EXPECT_FLOAT_EQ(mixed.image.values[1 * 8 + 1], 1);
  EXPECT_FLOAT_EQ(mixed.image.values[4 * 8 + 4], 1);
  EXPECT_FLOAT_EQ(mixed.target[1], 0.75f * 4 / 16);
  EXPECT_FLOAT_EQ(mixed.target[0] + mixed.target[1], 1);
  EXPECT_EQ(mixed.region, a.region);
  EXPECT_EQ(mix_lesions(a, sample(5, {0, 1}, 5, 8), 0.25, 2).image.values, a.image.values);
}

TEST(Mix, FeatheringFadesInsideAndLowersTheShare) {
  const MixSample a = sample(1, {1, 0}, 0, 8), b = sample(5, {0, 1}, 1, 7);
  const MixSample hard = mix_lesions(a, b, 0, 0), soft = mix_lesions(a, b, 0, 2);
  EXPECT_FLOAT_EQ(hard.image.values[1 * 8 + 4], 5);
  EXPECT_LT(soft.image.values[1 * 8 + 4], 5);
  EXPECT_GT(soft.image.values[3 * 8 + 4], soft.image.values[1 * 8 + 4]);
  EXPECT_FLOAT_EQ(soft.image.values[4], 1);  // outside
  EXPECT_LT(soft.target[1], hard.target[1]);
}

TEST(Mix, MissingPhasesStayMissing) {
  MixSample a = sample(1, {1, 0}, 0, 8), b = sample(5, {0, 1}, 0, 8);
  std::fill_n(a.image.values.begin(), 64, 0.0f);
  const MixSample mixed = mix_lesions(a, b, 0.5, 0);
  EXPECT_FLOAT_EQ(mixed.image.values[10], 0);
  EXPECT_FLOAT_EQ(mixed.image.values[64 + 10], 3);
}

MixOptions options_from(const std::string& text) {
  TemporaryFolder folder;
  write_file(folder.path() / "r.yaml", text);
  OptionReader reader(load_recipe((folder.path() / "r.yaml").string(), {}));
  MixOptions options = mix_options(reader);
  reader.finish();
  return options;
}

TEST(Mix, PartnerWeightsByHand) {
  const MixOptions options = options_from(
      "method: pkcp\nsides: {benign: [fnh, cyst], malignant: [hcc]}\nsame: 1\nwithin: 2\nacross: 0.5\nrarity: 2\n"
      "affinity: {hcc: {fnh: 3, cyst: 0}}\n");
  EXPECT_DOUBLE_EQ(partner_weight(options, "fnh", "fnh", 10), 0.1);
  EXPECT_DOUBLE_EQ(partner_weight(options, "fnh", "cyst", 4), 0.5);
  EXPECT_DOUBLE_EQ(partner_weight(options, "fnh", "hcc", 10), 0.05);
  EXPECT_DOUBLE_EQ(partner_weight(options, "hcc", "fnh", 10), 0.3);
  EXPECT_DOUBLE_EQ(partner_weight(options, "hcc", "cyst", 10), 0);
  EXPECT_DOUBLE_EQ(partner_weight(options, "hcc", "hcc", 0), 0);
}

TEST(Mix, RecipesAreRefused) {
  EXPECT_THROW(options_from("method: mixed\n"), Error);
  EXPECT_THROW(options_from("sides: {benign: [fnh], malignant: [fnh]}\n"), Error);
  EXPECT_THROW(options_from("affinity: {hcc: {fnh: -1}}\n"), Error);
}

/// 30 patients of two slices; a tenth of them has "rare".
class Labels : public SliceSource {
 public:
  size_t size() const override { return 60; }
  std::string group(size_t index) const override { return std::to_string(index / 2); }
  std::string label(size_t index) const override {
    return index / 2 % 10 == 0 ? "rare" : index / 2 % 2 ? "hcc" : "cyst";
  }
  std::string fingerprint() const override { return "labels"; }
  LearningSlice get(size_t) const override { return {}; }
};

TEST(Partners, AreOtherPatientsOfTheTrainingPartInTheirShares) {
  Mixture data;
  Split split;
  for (size_t i = 0; i < 60; ++i) (i / 2 % 5 == 4 ? split.validation : split.training).push_back(i);
  data.add("labels", std::make_shared<Labels>(), 1, split);
  MixOptions options;
  options.sides = {{"benign", {"cyst", "rare"}}, {"malignant", {"hcc"}}};
  options.within = 1;
  const Partners partners(data, options);
  Rng rng(1);
  std::map<std::string, int> counts;
  for (int n = 0; n < 2000; ++n) {
    const MixtureItem item{0, 4};  // patient 2, a cyst
    const auto partner = partners.draw(item, rng);
    ASSERT_TRUE(partner);
    EXPECT_NE(partner->index / 2 % 5, 4u) << "of the validation part";
    EXPECT_NE(partner->index / 2, 2u) << "of the same patient";
    ++counts[data.label(*partner)];
  }
  EXPECT_EQ(counts.count("hcc"), 0u);
  EXPECT_NEAR(counts["rare"], 1000, 120);  // alike, though cysts are four times as many
  options.same = options.within = 0;
  EXPECT_FALSE(Partners(data, options).draw({0, 4}, rng));
}

}  // namespace
}  // namespace hepatica
