#include "stages/segment/input.h"

#include <gtest/gtest.h>

#include <numeric>

#include "base/error.h"

namespace hepatica {
namespace {

TEST(SegmentPlane, ResamplesClipsAndPads) {
  const std::vector<int16_t> hu(100 * 80, 51);  // 51 / 255 = .2
  const SegmentPlane plane = segment_plane(std::span<const int16_t>(hu), 100, 80, 0.8, 0.8, {});
  EXPECT_EQ(plane.width, 50);  // 100 * .8 / 1.6
  EXPECT_EQ(plane.height, 40);
  EXPECT_EQ(plane.image.width, 64);
  EXPECT_EQ(plane.image.height, 64);
  EXPECT_FLOAT_EQ(plane.image.values[0], 0.2f);
  EXPECT_FLOAT_EQ(plane.image.values[49], 0.2f);
  EXPECT_FLOAT_EQ(plane.image.values[50], 0.0f);
  EXPECT_FLOAT_EQ(plane.image.values[40 * 64], 0.0f);
  // Output pixel 0 covers source pixels 0 and 1: its centre is at 0.5.
  EXPECT_DOUBLE_EQ(plane.map.x.source(0), 0.5);
  EXPECT_DOUBLE_EQ(plane.map.x.source(49), 98.5);
}

TEST(SegmentPlane, TargetLiesOnTheSamePixels) {
  std::vector<uint8_t> labels(64 * 64, 0);
  for (int j = 20; j < 40; ++j)
    for (int i = 10; i < 30; ++i) labels[size_t(j * 64 + i)] = 1;
  const PlaneImage target = segment_target(labels, 64, 64, 1.6, 1.6, {});
  EXPECT_EQ(target.width, 64);
  EXPECT_FLOAT_EQ(target.values[20 * 64 + 10], 1.0f);
  EXPECT_FLOAT_EQ(target.values[20 * 64 + 9], 0.0f);
  EXPECT_NEAR(std::accumulate(target.values.begin(), target.values.end(), 0.0), 400.0, 1e-3);
}

TEST(SegmentInputJson, RoundTripAndNonsense) {
  const SegmentInput input{2.0, -50, 200, 16};
  EXPECT_EQ(segment_input_from_json(json_from_input(input), "m"), input);
  for (const char* text : {R"({"spacing": 1})",
                           R"({"spacing_mm": "x"})",
                           R"({"spacing_mm": 0})",
                           R"([1])",
                           R"({"low_hu": 300})",
                           R"({"multiple": 1.5})"}) {
    try {
      segment_input_from_json(nlohmann::json::parse(text), "model.safetensors");
      FAIL() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::wrong_checkpoint) << text;
      EXPECT_NE(std::string(error.what()).find("model.safetensors"), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace hepatica
