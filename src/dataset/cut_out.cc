#include "dataset/cut_out.h"

#include <algorithm>

namespace hepatica {
namespace {

constexpr float kAir = -1000;

}  // namespace

LearningSlice cut_out(const LearningSlice& slice, int64_t left, int64_t top, int64_t side) {
  LearningSlice out = slice;
  out.width = out.height = side;
  const auto cut = [&](const auto& from, auto& to, auto outside) {
    if (from.empty()) return;
    to.assign(out.pixels(), outside);
    const int64_t x0 = std::max<int64_t>(0, -left), x1 = std::min(side, slice.width - left);
    const int64_t y0 = std::max<int64_t>(0, -top), y1 = std::min(side, slice.height - top);
    for (int64_t y = y0; y < y1 && x0 < x1; ++y)
      std::copy_n(from.begin() + (y + top) * slice.width + x0 + left, x1 - x0, to.begin() + y * side + x0);
  };
  cut(slice.hu, out.hu, kAir);
  cut(slice.above, out.above, kAir);
  cut(slice.below, out.below, kAir);
  cut(slice.liver, out.liver, uint8_t(0));
  const auto move = [&](Box2& box) {
    box = {box.x0 - double(left), box.y0 - double(top), box.x1 - double(left), box.y1 - double(top)};
  };
  for (LesionBox& lesion : out.lesions) move(lesion.box);
  if (out.target) move(*out.target);
  return out;
}

}  // namespace hepatica
