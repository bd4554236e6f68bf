#include "stages/detect/yolov8.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "stages/detect/link.h"

namespace hepatica {
namespace {

constexpr int kSize = 64;
constexpr float kUnlikely = -20, kSure = 20;

nlohmann::json trained_metadata() {
  DetectInput input;
  input.size = kSize;
  input.mode = "liver";
  input.region = "liver";
  input.spacing_mm = 2;
  input.margin_mm = 0;
  return {{"network", {{"family", "yolov8"}, {"arguments", {{"in_channels", 3}}}}}, {"input", json_from_input(input)}};
}

/// A network that sees two boxes on every image, whatever it shows: of 16 and of 48 of the image's pixels.
class TwoBoxPredictor final : public Predictor {
 public:
  explicit TwoBoxPredictor(nlohmann::json metadata = trained_metadata()) : metadata_(std::move(metadata)) {}
  std::map<std::string, Array> run(const Array& input, const std::vector<std::string>&) override {
    std::map<std::string, Array> outputs;
    for (const auto& [name, stride] : {std::pair{"p3", 8}, {"p4", 16}, {"p5", 32}}) {
      const int64_t cells = input.shape[2] / stride, channels = 4 * kDistanceBins + 1;
      Array level{{input.shape[0], channels, cells, cells}, {}};
      level.values.assign(size_t(input.shape[0] * channels * cells * cells), kUnlikely);
      outputs[name] = std::move(level);
    }
    for (int64_t n = 0; n < input.shape[0]; ++n) {
      put(outputs["p3"], n, 1, 1);
      put(outputs["p3"], n, 4, 3);
    }
    return outputs;
  }
  const nlohmann::json& metadata() const override { return metadata_; }
  Array parameter(const std::string&) const override { return {}; }
  const std::string& checkpoint_sha256() const override { return hash_; }

 private:
  /// A sure box around the middle of cell (at, at) of sample n that reaches `reach` cells to each side.
  static void put(Array& level, int64_t n, int64_t at, int64_t reach) {
    const int64_t channels = level.shape[1], cells = level.shape[2];
    const auto value = [&](int64_t channel) -> float& {
      return level.values[size_t(((n * channels + channel) * cells + at) * cells + at)];
    };
    for (int64_t side = 0; side < 4; ++side) value(side * kDistanceBins + reach) = kSure;
    value(4 * kDistanceBins) = kSure;
  }

  nlohmann::json metadata_;
  std::string hash_;
};

/// One slice of 128 x 128 mm that is liver throughout, as large as what the network sees.
PreprocessedStudy liver_study() {
  Geometry grid;
  grid.size = {128, 128, 1};
  grid.spacing = {1, 1, 5};
  PhaseImage image;
  image.hu = Volume<int16_t>(grid, int16_t(100));
  image.liver = Mask(grid, uint8_t(1));
  return {{image}, {}};
}

/// Longest sides of the boxes found, mm.
std::vector<double> sides_found(const DetectOptions& options) {
  const PreprocessedStudy study = liver_study();
  std::vector<double> sides;
  for (const Detection& found : make_yolov8_detector(std::make_shared<TwoBoxPredictor>(), options)->detect(study))
    sides.push_back(longest_side_mm(study, {{0, {found}}}));
  return sides;
}

TEST(YoloV8Detector, LooksOnceAsTrained) {
  const std::vector<double> sides = sides_found({});  // 16 and 48 pixels of 2 mm
  ASSERT_EQ(sides.size(), 2u);
  EXPECT_NEAR(sides[0], 32, 1e-3);
  EXPECT_NEAR(sides[1], 96, 1e-3);
}

TEST(YoloV8Detector, SmallBoxesComeFromTheCloserLookAndLargeOnesFromTheTrained) {
  DetectOptions options;
  options.closer_look = {2, 60};  // 128 pixels of 1 mm: 16 and 48 mm; as trained 32 and 96 mm
  const std::vector<double> sides = sides_found(options);
  ASSERT_EQ(sides.size(), 3u);
  EXPECT_NEAR(sides[0], 16, 1e-3);
  EXPECT_NEAR(sides[1], 48, 1e-3);
  EXPECT_NEAR(sides[2], 96, 1e-3);
  options.closer_look.below_mm = 20;
  EXPECT_EQ(sides_found(options).size(), 3u);  // 16 mm; 32 and 96 mm
}

TEST(DetectViews, WholeSlicesAreLookedAtOnce) { EXPECT_EQ(detect_views(DetectInput{}, {2, 25}).size(), 1u); }

TEST(YoloV8, OtherNetworksAndChannelsAreRefused) {
  nlohmann::json family = trained_metadata(), channels = trained_metadata();
  family["network"]["family"] = "resnet";
  channels["network"]["arguments"]["in_channels"] = 5;
  for (const nlohmann::json& wrong : {family, channels}) {
    try {
      YoloV8(std::make_shared<TwoBoxPredictor>(wrong), {});
      FAIL() << wrong.dump();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::wrong_checkpoint);
    }
  }
}

}  // namespace
}  // namespace hepatica
