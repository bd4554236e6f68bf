// Pictures of slices: windowed HU with liver outline, boxes, activation map, scale bar and orientation letters.
#pragma once

#include <string>
#include <vector>

#include "draw/canvas.h"
#include "stages/report/slice_view.h"
#include "study/findings.h"

namespace hepatica::report {

/// A box to be drawn, with the number of its lesion.
struct MarkedBox {
  Box2 box;  ///< pixels of the slice
  int lesion = 0;
};

/// What one picture of a slice shows. All that is referred to must outlive the figure.
struct SlicePicture {
  const Volume<int16_t>* hu = nullptr;
  const Mask* liver = nullptr;                  ///< null or empty: no outline
  const ImagePrediction* activation = nullptr;  ///< null: no overlay
  int64_t slice = 0;
  ScreenBox region;  ///< what is shown; what lies beyond the slice is black
  std::vector<MarkedBox> boxes;
  double level = 40, width = 350;  ///< window, HU
  std::string title;               ///< upper left
};

/// The picture, `figure_width` units wide and as high as its region asks for, with `pixels_per_unit` for the HU.
draw::Figure slice_figure(const SlicePicture& picture, double figure_width, double pixels_per_unit);

/// Inferno-like colour of an activation in 0..1: dark violet, red, orange, yellow.
draw::Colour heat_colour(double value);

/// The activation map at a place of the crop, u and v in 0..1 across and down the crop, scaled so that the map's
/// smallest value is 0 and its largest 1; smooth between the cells (cubic B-spline). 0 for a map without contrast.
class ActivationField {
 public:
  explicit ActivationField(const ImagePrediction& prediction);
  double at(double u, double v) const;

 private:
  double cell(int64_t row, int64_t column) const;

  int64_t rows_, columns_;
  std::vector<float> values_;
};

/// The length of a scale bar for `visible_mm` across: 1, 2 or 5 cm, at most 40 percent of it (1 cm at least); in mm.
double scale_bar_mm(double visible_mm);

}  // namespace hepatica::report
