#include "stages/detect/verify.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"

namespace hepatica {
namespace {

/// 40 x 40 x 11 voxels of 1 x 1 x 5 mm, a liver of 100 HU everywhere; slice k is 10 (k - 5) HU brighter in the square
/// of columns and rows 16 to 23.
PhaseImage image_of(Phase phase) {
  Geometry grid;
  grid.size = {40, 40, 11};
  grid.spacing = {1, 1, 5};
  PhaseImage image;
  image.phase = phase;
  image.hu = Volume<int16_t>(grid, int16_t(100));
  image.liver = Mask(grid, uint8_t(1));
  for (int64_t k = 0; k < 11; ++k)
    for (int64_t j = 16; j < 24; ++j)
      for (int64_t i = 16; i < 24; ++i) image.hu.at(i, j, k) = int16_t(100 + 10 * (k - 5));
  return image;
}

VerifyInput small_input() {
  VerifyInput input;
  input.size = 16;
  input.spacing_mm = 1;
  input.part = 0.5;
  input.window_hu = 100;
  input.planes_mm = {-10, 0, 10};
  return input;
}

float at(const PlaneImage& view, int64_t channel, int64_t y, int64_t x) {
  return view.values[size_t((channel * view.height + y) * view.width + x)];
}

TEST(VerifyView, PlanesLiverAndBoxByHand) {
  const PreprocessedStudy study{{image_of(Phase::arterial)}, {}};
  // The box 16..24 lies around (20, 20); the square of 16 mm covers 12..28, one pixel a voxel.
  const std::vector<Track> lesion{{0, {{0, 6, {16, 16, 24, 24}, 0.25}}}};
  const PlaneImage view = verify_view(study, ViewContext(study), lesion, small_input());
  ASSERT_EQ(view.channels, 10);
  ASSERT_EQ(view.values.size(), 10u * 16 * 16);
  // Slice 6 is 10 HU brighter, 1 mm above and below it 12 and 8, mean 10; 10 mm lower two slices, -10; higher 30.
  EXPECT_NEAR(at(view, 0, 8, 8), -0.1, 1e-5);
  EXPECT_NEAR(at(view, 1, 8, 8), 0.1, 1e-5);
  EXPECT_NEAR(at(view, 2, 8, 8), 0.3, 1e-5);
  EXPECT_NEAR(at(view, 1, 4, 4), 0.1, 1e-5);
  EXPECT_NEAR(at(view, 1, 3, 4), 0, 1e-5);
  EXPECT_FLOAT_EQ(at(view, 3, 0, 0), 1);  // liver
  EXPECT_FLOAT_EQ(at(view, 4, 4, 4), 0.25);
  EXPECT_FLOAT_EQ(at(view, 4, 11, 11), 0.25);
  EXPECT_FLOAT_EQ(at(view, 4, 3, 4), 0);
  EXPECT_FLOAT_EQ(at(view, 4, 12, 11), 0);
  for (int64_t channel = 5; channel < 10; ++channel) EXPECT_FLOAT_EQ(at(view, channel, 8, 8), 0);  // no portal phase
}

TEST(VerifyView, LargeLesionsAreSeenSmaller) {
  const PreprocessedStudy study{{image_of(Phase::arterial)}, {}};
  // 16 mm take half of the square: its side is 32 mm, two voxels a pixel. The bright square is 16 to 23 of 4..36.
  const PlaneImage view = verify_view(study, ViewContext(study), {{0, {{0, 7, {12, 12, 28, 28}, 1}}}}, small_input());
  EXPECT_NEAR(at(view, 1, 8, 8), 0.2, 1e-5);
  EXPECT_NEAR(at(view, 1, 4, 8), 0, 1e-5);
  EXPECT_FLOAT_EQ(at(view, 4, 4, 4), 1);
  EXPECT_FLOAT_EQ(at(view, 4, 3, 4), 0);
}

TEST(VerifyView, OtherPhasesAreSeenAtTheSamePlace) {
  PreprocessedStudy study{{image_of(Phase::arterial), image_of(Phase::delayed)}, {}};
  Geometry moved = study.images[1].hu.geometry();
  moved.origin = {2, 0, 5};  // the same voxels lie 2 mm to the left and a slice higher
  study.images[1].hu.set_geometry(moved);
  study.images[1].liver.set_geometry(moved);
  const std::vector<Track> lesion{{0, {{0, 6, {16, 16, 24, 24}, 0.25}}}};
  ViewContext context(study);
  context.levels = {100, 90};
  context.breathing_mm = {{0, 0}, {0, 0}};
  const PlaneImage view = verify_view(study, context, lesion, small_input());
  // The delayed phase stands for the portal venous one. Its slice 5 lies there: 100 HU, 10 above its own level.
  EXPECT_NEAR(at(view, 6, 8, 8), 0.1, 1e-5);
  EXPECT_NEAR(at(view, 7, 8, 6), 0.3, 1e-5);  // 10 mm higher, from column 16 on, which is pixel 6
  EXPECT_NEAR(at(view, 7, 8, 5), 0.1, 1e-5);
  EXPECT_FLOAT_EQ(at(view, 9, 8, 8), 0);  // not boxed there
  study.images[1].phase = Phase::portal_venous;
  EXPECT_EQ(verify_view(study, context, lesion, small_input()).values, view.values);
  context.breathing_mm = {{0, 5}, {-5, 0}};
  const PlaneImage higher = verify_view(study, context, lesion, small_input());
  EXPECT_NEAR(at(higher, 6, 8, 8), 0.2, 1e-5);  // slice 6
  EXPECT_EQ(at(higher, 1, 8, 8), at(view, 1, 8, 8));
}

TEST(VerifyView, BordersGoOn) {
  const PreprocessedStudy study{{image_of(Phase::portal_venous)}, {}};
  const PlaneImage view = verify_view(study, ViewContext(study), {{0, {{0, 10, {0, 0, 4, 4}, 1}}}}, small_input());
  for (const float value : view.values) EXPECT_TRUE(std::isfinite(value));
  EXPECT_NEAR(at(view, 6, 0, 0), 0, 1e-5);  // 100 HU goes on
}

TEST(VerifyView, CutsOffFarValues) {
  PreprocessedStudy study{{image_of(Phase::arterial)}, {}};
  study.images[0].hu = Volume<int16_t>(study.images[0].hu.geometry(), int16_t(-1000));
  ViewContext context(study);
  context.levels = {100};
  const PlaneImage view = verify_view(study, context, {{0, {{0, 5, {16, 16, 24, 24}, 1}}}}, small_input());
  EXPECT_FLOAT_EQ(at(view, 1, 8, 8), -3);
}

TEST(VerifyInput, RoundTripAndBadValues) {
  VerifyInput input = small_input();
  input.phases = {Phase::delayed};
  input.confidence = 0.1;
  input.detector.level = 70;
  const VerifyInput read = verify_input_from_json(json_from_input(input), "x");
  EXPECT_EQ(json_from_input(read), json_from_input(input));
  EXPECT_EQ(read.channels(), 5);
  nlohmann::json no_plane = json_from_input(input), no_phase = no_plane;
  no_plane["planes_mm"] = nlohmann::json::array();
  no_phase["phases"] = {"early"};
  for (const nlohmann::json& bad : {nlohmann::json(), nlohmann::json{{"size", 64}}, no_plane, no_phase}) {
    try {
      verify_input_from_json(bad, "x");
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::wrong_checkpoint);
    }
  }
}

TEST(VerifiedScore, WeightedGeometricMean) {
  EXPECT_DOUBLE_EQ(verified_score(0.25, 1, 0.5), 0.5);
  EXPECT_DOUBLE_EQ(verified_score(0.25, 0.7, 0), 0.7);
  EXPECT_DOUBLE_EQ(verified_score(0.25, 0.7, 1), 0.25);
}

TEST(ViewContext, MedianOfTheLiverOrAGuess) {
  PreprocessedStudy study{{image_of(Phase::arterial), image_of(Phase::portal_venous)}, {}};
  study.images[0].hu = Volume<int16_t>(study.images[0].hu.geometry(), int16_t(70));
  study.images[1].liver = Mask();
  EXPECT_EQ(ViewContext(study).levels, (std::vector<double>{70, 100}));
}

}  // namespace
}  // namespace hepatica
