#include "phantom/canvas.h"

#include <algorithm>

namespace hepatica::phantom {

Canvas::Canvas(int columns, int rows) : columns_(columns), rows_(rows) {
  const size_t count = size_t(columns) * size_t(rows);
  for (auto* buffer : {&hu, &clear, &wall, &skin, &ceiling, &share}) buffer->resize(count);
  organ.resize(count);
  lesion.resize(count);
}

void Canvas::place(F3 origin, F3 column_step, F3 row_step) {
  origin_ = origin;
  column_step_ = column_step;
  row_step_ = row_step;
  shift_ = {};
  pixel_ = std::sqrt(length(column_step) * length(row_step));
  inverse_pixel_ = 1 / pixel_;
  std::fill(hu.begin(), hu.end(), -1000.0f);
  std::fill(clear.begin(), clear.end(), 1e3f);
  std::fill(wall.begin(), wall.end(), 1e3f);
  std::fill(skin.begin(), skin.end(), 1e3f);
  std::fill(ceiling.begin(), ceiling.end(), -1e3f);
  std::fill(share.begin(), share.end(), 0.0f);
  std::fill(organ.begin(), organ.end(), uint8_t(0));
  std::fill(lesion.begin(), lesion.end(), uint8_t(0));
}

Canvas::Window Canvas::window(const Bounds& bounds, float margin) const {
  const F3 origin = origin_ - shift_;
  const F3 u = column_step_ * (1 / dot(column_step_, column_step_)), v = row_step_ * (1 / dot(row_step_, row_step_));
  const F3 n{column_step_.y * row_step_.z - column_step_.z * row_step_.y,
             column_step_.z * row_step_.x - column_step_.x * row_step_.z,
             column_step_.x * row_step_.y - column_step_.y * row_step_.x};
  float low[3] = {1e9f, 1e9f, 1e9f}, high[3] = {-1e9f, -1e9f, -1e9f};
  for (int corner = 0; corner < 8; ++corner) {
    const F3 c{corner & 1 ? bounds.high.x + margin : bounds.low.x - margin,
               corner & 2 ? bounds.high.y + margin : bounds.low.y - margin,
               corner & 4 ? bounds.high.z + margin : bounds.low.z - margin};
    const float at[3] = {dot(c - origin, u), dot(c - origin, v), dot(c - origin, n)};
    for (int axis = 0; axis < 3; ++axis) {
      low[axis] = std::min(low[axis], at[axis]);
      high[axis] = std::max(high[axis], at[axis]);
    }
  }
  Window w;
  if (low[2] > 0 || high[2] < 0) return w;
  const auto limited = [](float x, int count) { return int(std::clamp(x, 0.0f, float(count))); };
  w = {limited(std::floor(low[0]), columns_),
       limited(std::ceil(high[0]) + 1, columns_),
       limited(std::floor(low[1]), rows_),
       limited(std::ceil(high[1]) + 1, rows_)};
  return w;
}

bool Canvas::meets(const Bounds& bounds, float margin) const {
  const Window w = window(bounds, margin);
  return w.i1 > w.i0 && w.j1 > w.j0;
}

Tube Canvas::near(const Tube& shape, float margin) const {
  Tube some;
  for (const Segment& segment : shape.segments)
    if (meets(segment.bounds(), margin)) some.segments.push_back(segment);
  return some;
}

void Canvas::tube(const Tube& shape, Organ label, float gap, float value) {
  const float reach = std::max(1.0f, gap) + pixel_;
  for (const Segment& segment : shape.segments)
    each(segment.bounds(), reach, [&](size_t k, F3 p) {
      const float d = segment.sdf(p);
      clear[k] = std::min(clear[k], d - gap);
      const float covered = coverage(d);
      if (covered > 0) put(k, covered, value, label);
    });
}

}  // namespace hepatica::phantom
