// One slice being painted: organs are put on it in order of priority, and later ones give way to earlier ones.
#pragma once

#include <cstdint>
#include <vector>

#include "phantom/organ.h"
#include "phantom/shapes.h"

namespace hepatica::phantom {

class Canvas {
 public:
  Canvas(int columns, int rows);

  /// Sets the plane: positions (mm, in the adult frame) of pixel (0,0) and the steps to the next column and row;
  /// clears.
  void place(F3 origin, F3 column_step, F3 row_step);
  /// Moves the plane without clearing it.
  void move_to(F3 origin) { origin_ = origin; }
  /// Moves what is painted from now on by `shift` mm (breathing).
  void set_shift(F3 shift) { shift_ = shift; }

  int columns() const { return columns_; }
  int rows() const { return rows_; }
  float pixel() const { return pixel_; }
  F3 position(int i, int j) const { return origin_ - shift_ + column_step_ * float(i) + row_step_ * float(j); }

  /// Calls f(index, position) for the pixels within `bounds` widened by `margin` mm.
  template <class F>
  void each(const Bounds& bounds, float margin, F&& f) {
    const Window w = window(bounds, margin);
    for (int j = w.j0; j < w.j1; ++j) {
      const F3 start = position(0, j);
      for (int i = w.i0; i < w.i1; ++i) f(size_t(j) * size_t(columns_) + size_t(i), start + column_step_ * float(i));
    }
  }
  /// As `each`, for all pixels.
  template <class F>
  void each(F&& f) {
    for (int j = 0; j < rows_; ++j) {
      const F3 start = position(0, j);
      for (int i = 0; i < columns_; ++i) f(size_t(j) * size_t(columns_) + size_t(i), start + column_step_ * float(i));
    }
  }

  /// Share of a pixel that lies inside, from the distance of its centre to the surface.
  float coverage(float distance) const { return clamp01(0.5f - distance * inverse_pixel_); }
  /// Blends HU over what is there and sets the label where at least half is covered.
  void put(size_t index, float covered, float value, Organ label) {
    hu[index] = mix(hu[index], value, covered);
    if (covered >= 0.5f) organ[index] = uint8_t(label);
  }
  /// Paints a solid: `distance(index, p)` in mm, `value(index, p, distance)` in HU. Keeps later organs `gap` mm away.
  template <class Distance, class Value>
  void solid(const Bounds& bounds, Organ label, float gap, Distance&& distance, Value&& value, float reach = kReach) {
    each(bounds, reach, [&](size_t k, F3 p) {
      const float d = distance(k, p);
      if (d - gap < clear[k]) clear[k] = d - gap;
      const float covered = coverage(d);
      if (covered > 0) put(k, covered, value(k, p, d), label);
    });
  }
  /// Paints a tube segment by segment.
  void tube(const Tube& shape, Organ label, float gap, float value);

  /// The segments of a tube that this slice meets, within `margin` mm.
  Tube near(const Tube& shape, float margin) const;
  bool meets(const Bounds& bounds, float margin) const;

  static constexpr float kReach = 5;  ///< mm around a shape in which `clear` is kept

  std::vector<float> hu;       ///< HU
  std::vector<float> clear;    ///< mm to what is painted already; later organs stay outside
  std::vector<float> wall;     ///< mm to the inner wall of trunk; negative in the cavity
  std::vector<float> skin;     ///< mm to the skin, negative in the body
  std::vector<float> ceiling;  ///< mm above the diaphragm, negative below; set in the cavity
  std::vector<float> share;    ///< share of the pixel that is liver
  std::vector<uint8_t> organ, lesion;

 private:
  struct Window {
    int i0 = 0, i1 = 0, j0 = 0, j1 = 0;
  };
  Window window(const Bounds& bounds, float margin) const;

  int columns_, rows_;
  F3 origin_, column_step_, row_step_, shift_;
  float pixel_ = 1, inverse_pixel_ = 1;
};

}  // namespace hepatica::phantom
