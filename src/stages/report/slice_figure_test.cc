#include "stages/report/slice_figure.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "stages/report/synthetic_input_test.h"

namespace hepatica::report {
using namespace draw;
namespace {

ImagePrediction map_of(int64_t rows, int64_t columns, std::vector<float> values) {
  ImagePrediction prediction;
  prediction.activation = std::move(values);
  prediction.activation_rows = rows;
  prediction.activation_columns = columns;
  return prediction;
}

TEST(ActivationField, PeaksAtTheMiddleOfItsHighestCell) {
  std::vector<float> values(49, 2.0f);
  values[2 * 7 + 5] = 10.0f;  // row 2, column 5
  const ActivationField field(map_of(7, 7, values));
  // A cubic B-spline gives (4/6)^2 of a lone cell at its middle (de Boor, A Practical Guide to Splines, 1978).
  EXPECT_NEAR(field.at(5.5 / 7, 2.5 / 7), 4.0 / 9.0, 1e-6);
  EXPECT_NEAR(field.at(0.5 / 7, 6.5 / 7), 0, 1e-12);
  EXPECT_LT(field.at(4.9 / 7, 2.5 / 7), field.at(5.4 / 7, 2.5 / 7));
}

TEST(ActivationField, IsNothingWithoutContrast) {
  EXPECT_EQ(ActivationField(map_of(2, 2, {3, 3, 3, 3})).at(0.5, 0.5), 0);
  EXPECT_EQ(ActivationField(map_of(0, 0, {})).at(0.5, 0.5), 0);
}

TEST(ScaleBar, TakesARoundLength) {
  EXPECT_EQ(scale_bar_mm(380), 50);
  EXPECT_EQ(scale_bar_mm(100), 20);
  EXPECT_EQ(scale_bar_mm(30), 10);
}

SlicePicture picture_of(const PhaseImage& image) {
  SlicePicture picture;
  picture.hu = &image.hu;
  picture.liver = &image.liver;
  picture.slice = 3;
  picture.region = SliceView(image.hu.geometry(), 3).extent();
  return picture;
}

/// The same patient stored from left to right and from back to front.
PhaseImage mirrored(const PhaseImage& image) {
  PhaseImage other = image;
  Geometry geometry = image.hu.geometry();
  geometry.origin = world_from_index(geometry, {double(geometry.size[0] - 1), double(geometry.size[1] - 1), 0});
  geometry.direction = {{{-1, 0, 0}, {0, -1, 0}, {0, 0, 1}}};
  other.hu.set_geometry(geometry);
  other.liver.set_geometry(geometry);
  for (int64_t k = 0; k < image.hu.nz(); ++k) {
    std::reverse(other.hu.slice(k).begin(), other.hu.slice(k).end());
    std::reverse(other.liver.slice(k).begin(), other.liver.slice(k).end());
  }
  return other;
}

TEST(SliceFigure, ShowsThePatientTheSameHoweverItIsStored) {
  const PhaseImage image = synthetic_image(0, Phase::arterial, 80, 140), other = mirrored(image);
  SlicePicture picture = picture_of(image), turned = picture_of(other);
  picture.liver = turned.liver = nullptr;
  picture.boxes = {{{42, 47, 58, 63}, 1}};
  turned.boxes = {{{160 - 58, 120 - 63, 160 - 42, 120 - 47}, 1}};
  EXPECT_EQ(png_of(slice_figure(picture, 160, 2)), png_of(slice_figure(turned, 160, 2)));
}

TEST(SliceFigure, DrawsEachPartItIsGiven) {
  const PhaseImage image = synthetic_image(0, Phase::arterial, 80, 140);
  SlicePicture picture = picture_of(image);
  const std::string full = png_of(slice_figure(picture, 160, 2));
  SlicePicture bare = picture;
  bare.liver = nullptr;
  EXPECT_NE(png_of(slice_figure(bare, 160, 2)), full);
  SlicePicture boxed = picture;
  boxed.boxes = {{{42, 47, 58, 63}, 1}};
  EXPECT_NE(png_of(slice_figure(boxed, 160, 2)), full);
  ImagePrediction prediction = map_of(2, 2, {0, 1, 0, 0});
  prediction.crop = {20, 25, 80, 85};
  SlicePicture explained = picture;
  explained.activation = &prediction;
  EXPECT_NE(png_of(slice_figure(explained, 160, 2)), full);
}

TEST(SliceFigure, KeepsTrueProportions) {
  const PhaseImage image = synthetic_image(0, Phase::arterial, 80, 140);
  const Figure figure = slice_figure(picture_of(image), 160, 2);  // 400 x 300 mm
  EXPECT_DOUBLE_EQ(figure.width, 160);
  EXPECT_DOUBLE_EQ(figure.height, 120);
}

}  // namespace
}  // namespace hepatica::report
