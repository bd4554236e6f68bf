// Which way a slice is shown: as radiologists hang it, patient's right at the left of the screen, front at the top.
#pragma once

#include <array>
#include <vector>

#include "image/box.h"
#include "image/volume.h"

namespace hepatica::report {

/// A place on the screen plane of a slice: mm, x to the right, y down.
struct ScreenPoint {
  double x = 0, y = 0;
};

/// A rectangle of the screen plane, mm.
struct ScreenBox {
  double x = 0, y = 0, width = 0, height = 0;

  double center_x() const { return x + 0.5 * width; }
  double center_y() const { return y + 0.5 * height; }
};

/// Slice k of a grid with its axes turned and flipped after the grid's directions, in true proportions.
class SliceView {
 public:
  SliceView(const Geometry& geometry, int64_t k);

  /// Pixels are those of Box2: (i, j) is the corner of pixel (i, j), its centre lies half a pixel further.
  ScreenPoint screen_from_pixel(double i, double j) const;
  ScreenPoint pixel_from_screen(const ScreenPoint& point) const;  ///< x is i, y is j
  ScreenBox screen_from_pixels(const Box2& box) const;

  /// The whole slice.
  ScreenBox extent() const;
  /// Anatomical letters at the left, right, top and bottom of the screen: "R", "L", "A", "P" (H and F off-axial).
  std::array<char, 4> letters() const;
  /// Position of the slice along the body axis that it crosses, mm (z for axial slices).
  double position_mm() const;
  int64_t slice() const { return k_; }
  const Geometry& geometry() const { return geometry_; }

 private:
  Geometry geometry_;
  int64_t k_;
  int axis_x_, axis_y_;  // which of i (0) and j (1) runs along the screen's x and y
  bool flip_x_, flip_y_;
};

/// The rectangle around the body (the largest connected soft tissue, so that table and blankets are left out) with a
/// small margin; the whole slice where there is none.
ScreenBox body_box(const Volume<int16_t>& hu, const SliceView& view);

/// The smallest box of proportion `aspect` (width / height) around `box`, about the same centre.
ScreenBox with_aspect(const ScreenBox& box, double aspect);

/// A line from one screen point to another.
using ScreenLine = std::array<ScreenPoint, 2>;

/// The outline of the mask's non-zero pixels on the slice (marching squares on the mask after light smoothing).
std::vector<ScreenLine> outline(const Mask& mask, const SliceView& view);

}  // namespace hepatica::report
