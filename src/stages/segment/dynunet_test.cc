#include "stages/segment/dynunet.h"

#include <gtest/gtest.h>

#include <cmath>

namespace hepatica {
namespace {

/// Calls everything liver that is brighter than half of the input's range.
class ThresholdPredictor final : public Predictor {
 public:
  explicit ThresholdPredictor(int dims, const std::string& family = "dynunet")
      : metadata_({{"network", {{"family", family}, {"arguments", {{"dims", dims}}}}},
                   {"input", {{"spacing_mm", 2.0}, {"low_hu", 0}, {"high_hu", 200}, {"multiple", 16}}}}) {}
  std::map<std::string, Array> run(const Array& input, const std::vector<std::string>&) override {
    Array logits = input;
    for (float& value : logits.values) value = 40 * (value - 0.5f);
    return {{"logits", logits}};
  }
  const nlohmann::json& metadata() const override { return metadata_; }
  Array parameter(const std::string&) const override { return {}; }
  const std::string& checkpoint_sha256() const override { return sha_; }

 private:
  nlohmann::json metadata_;
  std::string sha_;
};

/// A body of 0 HU, 200 mm across, with a ball of `radius` mm of 150 HU and a smaller one of 12 mm.
Volume<int16_t> phantom(double radius, double slice_mm) {
  Geometry geometry;
  geometry.size = {110, 100, int64_t(160 / slice_mm)};
  geometry.spacing = {2, 2, slice_mm};
  Volume<int16_t> hu(geometry, int16_t(0));
  for (int64_t k = 0; k < hu.nz(); ++k)
    for (int64_t j = 0; j < hu.ny(); ++j)
      for (int64_t i = 0; i < hu.nx(); ++i) {
        const double z = double(k) * slice_mm - 80, y = 2.0 * double(j) - 100, x = 2.0 * double(i) - 90;
        if (std::sqrt(x * x + y * y + z * z) < radius) hu.at(i, j, k) = 150;
        if (std::sqrt((x - 100) * (x - 100) + y * y + z * z) < 12) hu.at(i, j, k) = 150;
      }
  return hu;
}

double ball_ml(double radius) { return 4.0 / 3.0 * M_PI * std::pow(radius, 3) / 1000; }

TEST(DynUNet, FindsTheLargestComponentSliceBySlice) {
  for (double slice_mm : {5.0, 1.0}) {
    const auto segmenter = make_dynunet_segmenter(std::make_shared<ThresholdPredictor>(2), {});
    const LiverSegmentation result = segmenter->segment(phantom(50, slice_mm));
    EXPECT_EQ(result.refusal, "");
    EXPECT_NEAR(result.volume_ml, ball_ml(50), 0.03 * ball_ml(50)) << slice_mm;
    EXPECT_GT(result.confidence, 0.95);
    EXPECT_EQ(result.liver.at(95, 50, result.liver.nz() / 2), 0);  // the small ball
    EXPECT_EQ(result.liver.at(45, 50, result.liver.nz() / 2), 1);
  }
}

TEST(DynUNet, LooksAtSmallBodiesEnlarged) {
  // A trunk of 220 mm: its organs are 0.814 of an adult's, and 113 ml count as 209.
  SegmentOptions options;
  options.cleanup.smallest_ml = 150;
  const Volume<int16_t> hu = phantom(30, 2);
  const auto predictor = std::make_shared<ThresholdPredictor>(2);
  EXPECT_NE(make_dynunet_segmenter(predictor, options)->segment(hu).refusal, "");
  options.fit_to_body = true;
  const LiverSegmentation result = make_dynunet_segmenter(predictor, options)->segment(hu);
  EXPECT_EQ(result.refusal, "");
  EXPECT_NEAR(result.volume_ml, ball_ml(30), 0.05 * ball_ml(30));
  EXPECT_TRUE(same_grid(result.liver.geometry(), hu.geometry()));
}

TEST(DynUNet, InSpaceAndInWindowsAlike) {
  SegmentOptions options;
  options.patch = {32, 48, 48};
  const LiverSegmentation space =
      make_dynunet_segmenter(std::make_shared<ThresholdPredictor>(3), options)->segment(phantom(50, 4));
  EXPECT_NEAR(space.volume_ml, ball_ml(50), 0.03 * ball_ml(50));
  options.patch = {64, 64};
  const Volume<int16_t> hu = phantom(50, 4);
  const LiverSegmentation windows =
      make_dynunet_segmenter(std::make_shared<ThresholdPredictor>(2), options)->segment(hu);
  const LiverSegmentation whole = make_dynunet_segmenter(std::make_shared<ThresholdPredictor>(2), {})->segment(hu);
  EXPECT_NEAR(windows.volume_ml, whole.volume_ml, 0.002 * whole.volume_ml);
}

TEST(DynUNet, RefusesWhatIsNoLiver) {
  const auto segmenter = make_dynunet_segmenter(std::make_shared<ThresholdPredictor>(2), {});
  const LiverSegmentation small = segmenter->segment(phantom(20, 2));
  EXPECT_NE(small.refusal.find("no liver found"), std::string::npos);
  EXPECT_EQ(small.volume_ml, 0);
  // A bright body that is liver all over, as a brain in its skull.
  Volume<int16_t> head = phantom(50, 2);
  for (int16_t& value : head.values()) value = value == 150 ? int16_t(150) : int16_t(-1000);
  EXPECT_NE(segmenter->segment(head).refusal.find("covers"), std::string::npos);
}

TEST(DynUNet, WrongCheckpoint) {
  try {
    make_dynunet_segmenter(std::make_shared<ThresholdPredictor>(2, "yolov8"), {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::wrong_checkpoint);
  }
}

TEST(SmoothAcrossSlices, KeepsTheSum) {
  Geometry geometry;
  geometry.size = {1, 1, 41};
  geometry.spacing = {1, 1, 2};
  Volume<float> volume(geometry, 0.0f);
  volume.at(0, 0, 20) = 1;
  smooth_across_slices(volume, 4);
  double sum = 0;
  for (float value : volume.values()) sum += value;
  EXPECT_NEAR(sum, 1, 1e-5);
  EXPECT_NEAR(volume.at(0, 0, 20), 1 / (2 * std::sqrt(2 * M_PI)), 2e-3);  // sigma of 2 slices
}

}  // namespace
}  // namespace hepatica
