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

/// HU 100 k on slice k of 8 x 8 pixels.
Volume<int16_t> stairs(int64_t slices, double slice_mm) {
  Geometry grid;
  grid.size = {8, 8, slices};
  grid.spacing = {2, 2, slice_mm};
  Volume<int16_t> hu(grid);
  for (int64_t k = 0; k < slices; ++k)
    for (int16_t& value : hu.slice(k)) value = int16_t(100 * k);
  return hu;
}

TEST(SegmentSpace, ThickSlicesAreInterpolated) {
  // 3 slices of 4 mm are 12 mm, 6 of 2 mm: the middle of both is slice 1, and the new ones lie at -.25, .25, .75, ...
  const SegmentSpace space = segment_space(stairs(3, 4), {2, 0, 200, 16, {}});
  ASSERT_EQ(space.depth, 6);
  EXPECT_EQ(space.width, 16);
  EXPECT_EQ(space.covered_width, 8);
  const float expected[] = {0, 0.125, 0.375, 0.625, 0.875, 1};
  for (int64_t z = 0; z < 6; ++z) {
    EXPECT_NEAR(space.values[size_t(z * 256 + 3)], expected[z], 1e-6) << z;
    EXPECT_EQ(space.values[size_t(z * 256 + 8)], 0);  // padding
  }
}

TEST(SegmentSpace, ThinSlicesAreAveraged) {
  // 8 slices of 1 mm onto 2 mm: new slice 1 lies at 2.5; a triangle of 2 slices' reach weighs 1..4 by 1, 3, 3, 1.
  const SegmentSpace space = segment_space(stairs(8, 1), {2, 0, 1000, 8, {}});
  ASSERT_EQ(space.depth, 4);
  EXPECT_NEAR(space.values[64], (1 * 1 + 3 * 2 + 3 * 3 + 1 * 4) / 8.0 / 10, 1e-6);
}

TEST(SegmentSpace, TheTargetLiesOnTheSameVoxels) {
  Mask mask(stairs(4, 4).geometry());
  for (uint8_t& label : mask.slice(2)) label = 7;
  const SegmentInput input{2, 0, 200, 8, {}};
  const std::vector<float> target = segment_space_target(mask, input);
  ASSERT_EQ(target.size(), segment_space(stairs(4, 4), input).values.size());
  // New slices 0..7 at -.25, .25, ...: slice 2's share is 1 - |distance|.
  const double expected[] = {0, 0, 0, 0.25, 0.75, 0.75, 0.25, 0};
  for (size_t z = 0; z < 8; ++z) EXPECT_NEAR(target[z * 64], expected[z], 1e-6) << z;
}

TEST(SegmentInputJson, KeepsAPatchWhereThereIsOne) {
  const SegmentInput slices{2.0, -50, 200, 16, {}}, space{2.0, -50, 200, 16, {32, 48, 64}};
  EXPECT_FALSE(json_from_input(slices).contains("patch"));
  EXPECT_EQ(segment_input_from_json(json_from_input(space), "x"), space);
  EXPECT_THROW(segment_input_from_json({{"patch", {32, "a", 64}}}, "x"), Error);
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
