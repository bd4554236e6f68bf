#include "train/classify_examples.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

namespace hepatica::train {
namespace {

/// A bright square of 20 pixels on black, at (60, 30) in the arterial and at (60, 34) in the portal venous phase; four
/// patients of two classes. `get` gives the arterial phase.
class Squares : public SliceSource {
 public:
  size_t size() const override { return 4; }
  std::string group(size_t index) const override { return std::to_string(index); }
  std::string label(size_t index) const override { return index % 2 ? "cyst" : "fnh"; }
  std::string fingerprint() const override { return "squares"; }
  LearningSlice get(size_t index) const override { return phases(index).front(); }
  std::vector<LearningSlice> phases(size_t) const override {
    return {square(Phase::arterial, 30, 90), square(Phase::portal_venous, 34, 140)};
  }

 private:
  static LearningSlice square(Phase phase, int64_t top, float hu) {
    LearningSlice slice;
    slice.width = slice.height = 128;
    slice.phase = phase;
    slice.hu.assign(128 * 128, -200);
    for (int64_t y = top; y < top + 20; ++y)
      for (int64_t x = 60; x < 80; ++x) slice.hu[size_t(y * 128 + x)] = hu;
    slice.target = Box2{60, double(top), 80, double(top + 20)};
    return slice;
  }
};

Mixture squares() {
  Mixture data;
  data.add("squares", std::make_shared<Squares>(), 1, Split{{0, 1, 2}, {3}, {}});
  return data;
}

ClassifyExampleOptions fused_options() {
  ClassifyExampleOptions options;
  options.input.size = 32;
  options.input.mean = 0;
  options.input.std = 1;
  options.input.mask = "box";
  options.input.outside = -1;
  options.input.phases = "channels";
  options.input.phase_order = {Phase::portal_venous, Phase::arterial, Phase::delayed};
  options.augment.warp = {0, 1, 1, 0, 0, 0, 0, 0};
  options.box_jitter_px = 0;
  return options;
}

size_t class_of(const MixtureItem& item) { return item.index % 2; }

double mean_of(const PlaneImage& image, int64_t channel) {
  const auto size = image.width * image.height;
  const auto begin = image.values.begin() + channel * size;
  return std::accumulate(begin, begin + size, 0.0) / double(size);
}

TEST(ClassifyExamples, PhasesStandInTheirOrderEachWithItsOwnBox) {
  const Mixture data = squares();
  const ClassifyExamples examples(data, fused_options(), 2, class_of);
  const MixSample sample = examples.plain({0, 1});
  ASSERT_EQ(sample.image.channels, 6);
  EXPECT_EQ(sample.target, (std::vector<float>{0, 1}));
  // In each phase the whole square and nothing else: 400 pixels of grey (hu + 135) / 350, the rest -1.
  const auto expected = [](double hu) { return (400 * (hu + 135) / 350 - (1024 - 400)) / 1024; };
  EXPECT_NEAR(mean_of(sample.image, 0), expected(140), 1e-4);
  EXPECT_NEAR(mean_of(sample.image, 1), expected(90), 1e-4);
  const double there[] = {0, 1, 1, 0};
  for (int64_t c = 2; c < 6; ++c) EXPECT_DOUBLE_EQ(mean_of(sample.image, c), there[c - 2]);
  EXPECT_EQ(std::accumulate(sample.region.begin(), sample.region.end(), 0), 400);
}

TEST(ClassifyExamples, WithoutVariationTrainingSeesWhatDiagnosisSees) {
  const Mixture data = squares();
  for (const char* scale : {"none", "fit"}) {
    ClassifyExampleOptions options = fused_options();
    options.input.scale = scale;
    const ClassifyExamples examples(data, options, 2, class_of);
    const MixSample plain = examples.plain({0, 0}), varied = examples.training({{0, 0}}, 0, 1, Rng(1)).front();
    double worst = 0;
    for (size_t i = 0; i < plain.image.values.size(); ++i)
      worst = std::max(worst, std::abs(double(plain.image.values[i] - varied.image.values[i])));
    EXPECT_LT(worst, 1e-4) << scale;
  }
}

TEST(ClassifyExamples, AnyPhaseMayBeLeftOutButNeverAll) {
  const Mixture data = squares();
  ClassifyExampleOptions options = fused_options();
  options.phase_dropout = 0.6;
  const ClassifyExamples examples(data, options, 2, class_of);
  int counts[2][2] = {{0, 0}, {0, 0}};
  for (const MixSample& sample : examples.training(std::vector<MixtureItem>(200, {0, 0}), 0, 200, Rng(2))) {
    const bool portal = mean_of(sample.image, 3) > 0, arterial = mean_of(sample.image, 4) > 0;
    ++counts[portal][arterial];
    EXPECT_EQ(mean_of(sample.image, 0) != 0, portal);
    EXPECT_EQ(mean_of(sample.image, 1) != 0, arterial);
  }
  EXPECT_EQ(counts[0][0], 0);
  for (const int count : {counts[1][1], counts[0][1], counts[1][0]}) EXPECT_GT(count, 15);
}

TEST(ClassifyExamples, PkcpMixesTheSamePhase) {
  const Mixture data = squares();
  ClassifyExampleOptions options = fused_options();
  options.input.phases = "late";
  options.mix.method = "pkcp";
  options.mix.probability = 1;
  options.mix.feather_px = 0;
  options.mix.rarity = 4;  // cysts, of which there is one patient
  const ClassifyExamples examples(data, options, 2, class_of);
  const PlaneImage plain = examples.plain({0, 0}).image;
  int mixed = 0;
  for (const MixSample& sample : examples.training(std::vector<MixtureItem>(20, {0, 0}), 0, 20, Rng(3))) {
    // All squares of the arterial phase look alike: blending them changes the label alone.
    for (size_t i = 0; i < plain.values.size(); ++i) EXPECT_NEAR(sample.image.values[i], plain.values[i], 1e-4);
    EXPECT_NEAR(sample.target[0] + sample.target[1], 1, 1e-6);
    mixed += sample.target[1] > 0;
  }
  EXPECT_GT(mixed, 12);
}

}  // namespace
}  // namespace hepatica::train
