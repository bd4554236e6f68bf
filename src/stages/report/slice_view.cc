#include "stages/report/slice_view.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace hepatica::report {
namespace {

constexpr double kCellMm = 4;  // coarse enough that a table top or a blanket never fills a cell
constexpr double kBodyMarginMm = 8;
constexpr int16_t kTissueHu = -300;
constexpr double kTissueShare = 0.9;

Vec3 direction_of(const Geometry& geometry, int axis) {
  return {
      geometry.direction[0][size_t(axis)], geometry.direction[1][size_t(axis)], geometry.direction[2][size_t(axis)]};
}

int dominant(const Vec3& v) {
  int best = 0;
  for (int a = 1; a < 3; ++a)
    if (std::abs(v[size_t(a)]) > std::abs(v[size_t(best)]) + 1e-9) best = a;
  return best;
}

/// Letter of the side that `v` points to, in LPS.
char letter_of(const Vec3& v) {
  constexpr char kPositive[] = "LPH", kNegative[] = "RAF";
  const int axis = dominant(v);
  return v[size_t(axis)] >= 0 ? kPositive[axis] : kNegative[axis];
}

Vec3 scaled(const Vec3& v, double factor) { return {v[0] * factor, v[1] * factor, v[2] * factor}; }

/// Cells of soft tissue on a coarse grid.
struct Cells {
  int64_t nx = 0, ny = 0, step_x = 1, step_y = 1;
  std::vector<uint8_t> tissue;
};

Cells tissue_cells(const Volume<int16_t>& hu, int64_t k) {
  const auto& spacing = hu.geometry().spacing;
  Cells cells;
  cells.step_x = std::max<int64_t>(1, std::lround(kCellMm / spacing[0]));
  cells.step_y = std::max<int64_t>(1, std::lround(kCellMm / spacing[1]));
  cells.nx = (hu.nx() + cells.step_x - 1) / cells.step_x;
  cells.ny = (hu.ny() + cells.step_y - 1) / cells.step_y;
  cells.tissue.assign(size_t(cells.nx * cells.ny), 0);
  for (int64_t y = 0; y < cells.ny; ++y)
    for (int64_t x = 0; x < cells.nx; ++x) {
      int64_t tissue = 0, all = 0;
      for (int64_t j = y * cells.step_y; j < std::min(hu.ny(), (y + 1) * cells.step_y); ++j)
        for (int64_t i = x * cells.step_x; i < std::min(hu.nx(), (x + 1) * cells.step_x); ++i, ++all)
          tissue += hu.at(i, j, k) > kTissueHu;
      cells.tissue[size_t(y * cells.nx + x)] = double(tissue) >= kTissueShare * double(all);
    }
  return cells;
}

/// Cell bounds [x0, x1) x [y0, y1) of one connected group, and its size.
struct Group {
  int64_t x0 = 0, y0 = 0, x1 = 0, y1 = 0, cells = 0;
};

Group take_group(Cells& cells, int64_t x, int64_t y) {
  Group group{x, y, x + 1, y + 1, 0};
  std::vector<std::array<int64_t, 2>> open{{x, y}};
  cells.tissue[size_t(y * cells.nx + x)] = 0;
  while (!open.empty()) {
    const auto [cx, cy] = open.back();
    open.pop_back();
    ++group.cells;
    group.x0 = std::min(group.x0, cx);
    group.y0 = std::min(group.y0, cy);
    group.x1 = std::max(group.x1, cx + 1);
    group.y1 = std::max(group.y1, cy + 1);
    constexpr int64_t kSteps[4][2]{{1, 0}, {-1, 0}, {0, 1}, {0, -1}};
    for (const auto& step : kSteps) {
      const int64_t px = cx + step[0], py = cy + step[1];
      if (px < 0 || py < 0 || px >= cells.nx || py >= cells.ny || !cells.tissue[size_t(py * cells.nx + px)]) continue;
      cells.tissue[size_t(py * cells.nx + px)] = 0;
      open.push_back({px, py});
    }
  }
  return group;
}

/// 0..1 with the mask's edge softened by a 3 x 3 binomial, and zero beyond the borders.
class SoftMask {
 public:
  SoftMask(const Mask& mask, int64_t k) : nx_(mask.nx()), ny_(mask.ny()), values_(size_t(nx_ * ny_)) {
    const auto slice = mask.slice(k);
    const auto hit = [&](int64_t i, int64_t j) {
      return i >= 0 && j >= 0 && i < nx_ && j < ny_ && slice[size_t(j * nx_ + i)] ? 1 : 0;
    };
    for (int64_t j = 0; j < ny_; ++j)
      for (int64_t i = 0; i < nx_; ++i) {
        int sum = 0;
        for (int dj = -1; dj <= 1; ++dj)
          for (int di = -1; di <= 1; ++di) sum += (2 - std::abs(di)) * (2 - std::abs(dj)) * hit(i + di, j + dj);
        values_[size_t(j * nx_ + i)] = float(sum) / 16;
      }
  }
  float at(int64_t i, int64_t j) const {
    return i >= 0 && j >= 0 && i < nx_ && j < ny_ ? values_[size_t(j * nx_ + i)] : 0.0f;
  }
  int64_t nx() const { return nx_; }
  int64_t ny() const { return ny_; }

 private:
  int64_t nx_, ny_;
  std::vector<float> values_;
};

}  // namespace

SliceView::SliceView(const Geometry& geometry, int64_t k) : geometry_(geometry), k_(k) {
  const Vec3 along_i = direction_of(geometry, 0), along_j = direction_of(geometry, 1);
  const bool turned = std::abs(along_j[0]) > std::abs(along_i[0]) + 1e-9;
  axis_x_ = turned ? 1 : 0;
  axis_y_ = turned ? 0 : 1;
  const Vec3 right = direction_of(geometry, axis_x_), down = direction_of(geometry, axis_y_);
  // Screen right is to the patient's left (+x), or to the back in sagittal slices; down is to the back or the feet.
  const int across = dominant(right), upright = dominant(down);
  flip_x_ = right[size_t(across)] < 0;
  flip_y_ = upright == 2 ? down[2] > 0 : down[size_t(upright)] < 0;
}

ScreenPoint SliceView::screen_from_pixel(double i, double j) const {
  const std::array<double, 2> pixel{i, j};
  const auto along = [&](int axis, bool flip) {
    const double value = pixel[size_t(axis)];
    return geometry_.spacing[size_t(axis)] * (flip ? double(geometry_.size[size_t(axis)]) - value : value);
  };
  return {along(axis_x_, flip_x_), along(axis_y_, flip_y_)};
}

ScreenPoint SliceView::pixel_from_screen(const ScreenPoint& point) const {
  std::array<double, 2> pixel{};
  const auto back = [&](int axis, bool flip, double mm) {
    const double value = mm / geometry_.spacing[size_t(axis)];
    pixel[size_t(axis)] = flip ? double(geometry_.size[size_t(axis)]) - value : value;
  };
  back(axis_x_, flip_x_, point.x);
  back(axis_y_, flip_y_, point.y);
  return {pixel[0], pixel[1]};
}

ScreenBox SliceView::screen_from_pixels(const Box2& box) const {
  const ScreenPoint a = screen_from_pixel(box.x0, box.y0), b = screen_from_pixel(box.x1, box.y1);
  return {std::min(a.x, b.x), std::min(a.y, b.y), std::abs(a.x - b.x), std::abs(a.y - b.y)};
}

ScreenBox SliceView::extent() const {
  return screen_from_pixels({0, 0, double(geometry_.size[0]), double(geometry_.size[1])});
}

std::array<char, 4> SliceView::letters() const {
  const Vec3 right = scaled(direction_of(geometry_, axis_x_), flip_x_ ? -1 : 1);
  const Vec3 down = scaled(direction_of(geometry_, axis_y_), flip_y_ ? -1 : 1);
  return {letter_of(scaled(right, -1)), letter_of(right), letter_of(scaled(down, -1)), letter_of(down)};
}

double SliceView::position_mm() const {
  const int axis = dominant(direction_of(geometry_, 2));
  const Vec3 middle{0.5 * double(geometry_.size[0] - 1), 0.5 * double(geometry_.size[1] - 1), double(k_)};
  return world_from_index(geometry_, middle)[size_t(axis)];
}

ScreenBox body_box(const Volume<int16_t>& hu, const SliceView& view) {
  Cells cells = tissue_cells(hu, view.slice());
  Group body;
  for (int64_t y = 0; y < cells.ny; ++y)
    for (int64_t x = 0; x < cells.nx; ++x) {
      if (!cells.tissue[size_t(y * cells.nx + x)]) continue;
      const Group group = take_group(cells, x, y);
      if (group.cells > body.cells) body = group;
    }
  if (body.cells == 0) return view.extent();
  ScreenBox box = view.screen_from_pixels({double(body.x0 * cells.step_x),
                                           double(body.y0 * cells.step_y),
                                           double(body.x1 * cells.step_x),
                                           double(body.y1 * cells.step_y)});
  return {box.x - kBodyMarginMm, box.y - kBodyMarginMm, box.width + 2 * kBodyMarginMm, box.height + 2 * kBodyMarginMm};
}

ScreenBox with_aspect(const ScreenBox& box, double aspect) {
  const double width = std::max(box.width, box.height * aspect), height = width / aspect;
  return {box.center_x() - 0.5 * width, box.center_y() - 0.5 * height, width, height};
}

std::vector<ScreenLine> outline(const Mask& mask, const SliceView& view) {
  const SoftMask soft(mask, view.slice());
  std::vector<ScreenLine> lines;
  // Squares between pixel centres; those just beyond the border close outlines that touch it.
  for (int64_t j = -1; j < soft.ny(); ++j)
    for (int64_t i = -1; i < soft.nx(); ++i) {
      constexpr int64_t kCorners[4][2]{{0, 0}, {1, 0}, {1, 1}, {0, 1}};
      std::array<float, 4> v{};
      for (size_t c = 0; c < 4; ++c) v[c] = soft.at(i + kCorners[c][0], j + kCorners[c][1]) - 0.5f;
      std::vector<ScreenPoint> crossings;
      for (size_t c = 0; c < 4; ++c) {
        const size_t d = (c + 1) % 4;
        if ((v[c] > 0) == (v[d] > 0)) continue;
        const double t = v[c] / (v[c] - v[d]);
        crossings.push_back(view.screen_from_pixel(
            double(i) + 0.5 + double(kCorners[c][0]) + t * double(kCorners[d][0] - kCorners[c][0]),
            double(j) + 0.5 + double(kCorners[c][1]) + t * double(kCorners[d][1] - kCorners[c][1])));
      }
      if (crossings.size() == 2) {
        lines.push_back({crossings[0], crossings[1]});
      } else if (crossings.size() == 4) {  // a saddle: cut the corners that are outside
        const bool first_inside = v[0] > 0;
        lines.push_back({crossings[first_inside ? 0 : 3], crossings[first_inside ? 1 : 0]});
        lines.push_back({crossings[first_inside ? 2 : 1], crossings[first_inside ? 3 : 2]});
      }
    }
  return lines;
}

}  // namespace hepatica::report
