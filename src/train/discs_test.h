// Tiny made-up slices for the tests of training.
#pragma once

#include <cmath>
#include <memory>
#include <string>

#include "dataset/mixture.h"

namespace hepatica::train {

/// A bright disc as liver with a dark or a very bright disc as lesion in it; two slices a patient.
class Discs : public SliceSource {
 public:
  explicit Discs(int64_t side) : side_(side) {}
  size_t size() const override { return 24; }
  std::string group(size_t index) const override { return std::to_string(index / 2); }
  std::string label(size_t index) const override { return index / 2 % 2 ? "cyst" : "fnh"; }
  std::string fingerprint() const override { return "discs"; }
  LearningSlice get(size_t index) const override {
    LearningSlice slice;
    slice.width = slice.height = side_;
    slice.spacing_mm = 1.6;
    Rng rng(index);
    const double x0 = rng.uniform(0.35, 0.5) * double(side_), y0 = rng.uniform(0.4, 0.6) * double(side_);
    const double radius = 0.3 * double(side_), inner = 0.12 * double(side_);
    for (int64_t y = 0; y < side_; ++y) {
      for (int64_t x = 0; x < side_; ++x) {
        const double r = std::hypot(double(x) - x0, double(y) - y0);
        slice.liver.push_back(r < radius);
        slice.hu.push_back(float((r < inner    ? (label(index) == "cyst" ? 10 : 180)
                                  : r < radius ? 110
                                               : 0) +
                                 rng.normal(0, 3)));
      }
    }
    slice.lesions = {{{x0 - inner, y0 - inner, x0 + inner, y0 + inner}, label(index), false}};
    slice.target = slice.lesions[0].box;
    slice.label = label(index);
    slice.liver_hu = 110;
    return slice;
  }

 private:
  int64_t side_;
};

inline Mixture discs(int64_t side) {
  Mixture mixture;
  mixture.add("discs", std::make_shared<Discs>(side), 1, {0.3, 0}, 1);
  return mixture;
}

}  // namespace hepatica::train
