#include "stages/ingest/stack.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "stages/ingest/vectors.h"

namespace hepatica {
namespace {

/// Positions of the sorted frames relative to the first, mm.
struct Offsets {
  std::vector<double> along;                    ///< the normal
  std::vector<std::array<double, 2>> in_plane;  ///< the rows, the columns
};

void set_axes(const DicomFrame& frame, Geometry& geometry) {
  const auto& o = *frame.orientation;
  Vec3 row{o[0], o[1], o[2]}, column{o[3], o[4], o[5]};
  row = scaled(row, 1 / norm(row));
  column = difference(column, scaled(row, dot(row, column)));
  column = scaled(column, 1 / norm(column));
  const Vec3 normal = cross(row, column);
  for (size_t r = 0; r < 3; ++r) geometry.direction[r] = {row[r], column[r], normal[r]};
  geometry.spacing[0] = (*frame.spacing)[1];
  geometry.spacing[1] = (*frame.spacing)[0];
}

Vec3 axis(const Geometry& geometry, size_t a) {
  return {geometry.direction[0][a], geometry.direction[1][a], geometry.direction[2][a]};
}

void sort_frames(StackPlan& plan) {
  const Vec3 normal = axis(plan.geometry, 2);
  std::stable_sort(plan.frames.begin(), plan.frames.end(), [&](const FrameRef& a, const FrameRef& b) {
    return dot(*a.frame().position, normal) < dot(*b.frame().position, normal);
  });
}

Offsets offsets_of(const StackPlan& plan) {
  const Vec3 first = *plan.frames.front().frame().position;
  Offsets offsets;
  for (const FrameRef& ref : plan.frames) {
    const Vec3 step = difference(*ref.frame().position, first);
    offsets.along.push_back(dot(step, axis(plan.geometry, 2)));
    offsets.in_plane.push_back({dot(step, axis(plan.geometry, 0)), dot(step, axis(plan.geometry, 1))});
  }
  return offsets;
}

/// Slices at even distances, each between its two nearest frames.
std::vector<SliceBlend> blends_at(const std::vector<double>& along, double spacing, size_t count) {
  std::vector<SliceBlend> slices;
  size_t lower = 0;
  for (size_t k = 0; k < count; ++k) {
    const double at = double(k) * spacing;
    while (lower + 2 < along.size() && along[lower + 1] <= at) ++lower;
    const double fraction = std::clamp((at - along[lower]) / (along[lower + 1] - along[lower]), 0.0, 1.0);
    // A hundredth of a step is rounding in the header, not a place between slices.
    if (fraction < 0.01)
      slices.push_back({lower, lower, 0});
    else if (fraction > 0.99)
      slices.push_back({lower + 1, lower + 1, 0});
    else
      slices.push_back({lower, lower + 1, fraction});
  }
  return slices;
}

struct Spacing {
  double median = 0, largest = 0;
  size_t largest_at = 0;
  std::vector<double> steps;
};

Spacing spacing_of(const std::vector<double>& along) {
  Spacing spacing;
  for (size_t k = 1; k < along.size(); ++k) {
    spacing.steps.push_back(along[k] - along[k - 1]);
    if (spacing.steps.back() > spacing.largest) spacing.largest = spacing.steps.back(), spacing.largest_at = k;
  }
  std::vector<double> sorted = spacing.steps;
  std::sort(sorted.begin(), sorted.end());
  spacing.median = sorted[(sorted.size() - 1) / 2];
  return spacing;
}

bool is_even(const std::vector<double>& along, double step) {
  for (size_t k = 0; k < along.size(); ++k)
    if (std::abs(along[k] - double(k) * step) > 0.1 * step) return false;
  return true;
}

/// Slices missing in an otherwise even stack; nothing where some step is no multiple of the median.
std::optional<size_t> missing_slices(const Spacing& spacing) {
  size_t missing = 0;
  for (double step : spacing.steps) {
    const double multiple = step / spacing.median;
    if (std::abs(multiple - std::round(multiple)) > 0.1 || multiple < 0.5) return std::nullopt;
    missing += size_t(std::lround(multiple)) - 1;
  }
  return missing;
}

[[noreturn]] void refuse_gap(const StackPlan& plan, const Spacing& spacing, const std::string& what) {
  throw Error(ErrorCode::bad_geometry,
              fmt::format("{}: {:.1f} mm without a slice after slice {} of {} (its slices are {:.2f} mm apart)",
                          what,
                          spacing.largest,
                          spacing.largest_at,
                          plan.frames.size(),
                          spacing.median));
}

void plan_missing(
    StackPlan& plan, const Offsets& offsets, const Spacing& spacing, size_t missing, const StackLimits& limits) {
  const auto run = std::lround(spacing.largest / spacing.median) - 1;
  const size_t count = plan.frames.size() + missing;
  if (run > limits.max_missing_run || (run > 1 && spacing.largest > limits.max_gap_mm) ||
      double(missing) > limits.max_missing_fraction * double(count))
    refuse_gap(plan, spacing, fmt::format("{} slices are missing", missing));
  const double step = offsets.along.back() / double(count - 1);
  plan.geometry.spacing[2] = step;
  plan.slices = blends_at(offsets.along, step, count);
  plan.warnings.push_back(fmt::format("{} missing slices were interpolated from their neighbours", missing));
}

void plan_uneven(StackPlan& plan, const Offsets& offsets, const Spacing& spacing, const StackLimits& limits) {
  if (spacing.largest > limits.max_gap_mm) refuse_gap(plan, spacing, "its slices are unevenly spaced");
  std::vector<double> sorted = spacing.steps;
  std::sort(sorted.begin(), sorted.end());
  const double step = std::max(sorted[sorted.size() / 4], 0.5 * spacing.median);
  const auto count = size_t(std::floor(offsets.along.back() / step + 1e-6)) + 1;
  plan.geometry.spacing[2] = step;
  plan.slices = blends_at(offsets.along, step, count);
  plan.warnings.push_back(fmt::format(
      "unevenly spaced slices ({:.2f} to {:.2f} mm) were resampled to {:.2f} mm", sorted.front(), sorted.back(), step));
}

void plan_spacing(StackPlan& plan, const Offsets& offsets, const StackLimits& limits) {
  const size_t count = plan.frames.size();
  if (count == 1) {
    const double thickness = plan.frames.front().frame().thickness;
    plan.geometry.spacing[2] = thickness > 0 ? thickness : 1.0;
    plan.slices = {{0, 0, 0}};
    plan.warnings.push_back("the series is a single slice");
    return;
  }
  const Spacing spacing = spacing_of(offsets.along);
  if (offsets.along.back() < 0.1) {
    throw Error(ErrorCode::bad_geometry,
                fmt::format("all {} images lie at one position, as in a bolus watch: no volume", count));
  }
  const double mean_step = offsets.along.back() / double(count - 1);
  if (is_even(offsets.along, mean_step)) {
    plan.geometry.spacing[2] = mean_step;
    for (size_t k = 0; k < count; ++k) plan.slices.push_back({k, k, 0});
  } else if (const auto missing = missing_slices(spacing)) {
    plan_missing(plan, offsets, spacing, *missing, limits);
  } else {
    plan_uneven(plan, offsets, spacing, limits);
  }
}

/// Slices that do not lie straight above one another: the grid grows to hold them all, and each slice is shifted.
void plan_shifts(StackPlan& plan, const Offsets& offsets) {
  Geometry& geometry = plan.geometry;
  std::array<double, 2> low{0, 0}, high{0, 0};
  for (const auto& offset : offsets.in_plane)
    for (size_t a = 0; a < 2; ++a) {
      low[a] = std::min(low[a], offset[a]);
      high[a] = std::max(high[a], offset[a]);
    }
  const double largest = std::max((high[0] - low[0]) / geometry.spacing[0], (high[1] - low[1]) / geometry.spacing[1]);
  if (largest < 0.5) return;  // half a pixel over the whole stack is below what anyone measures
  for (size_t a = 0; a < 2; ++a) {
    const double extent = high[a] - low[a];
    if (extent > double(geometry.size[a]) * geometry.spacing[a])
      throw Error(ErrorCode::bad_geometry,
                  fmt::format("its slices lie up to {:.0f} mm beside one another: they do not form a volume", extent));
    geometry.size[a] += int64_t(std::ceil(extent / geometry.spacing[a] - 1e-6));
    geometry.origin = sum(geometry.origin, scaled(axis(geometry, a), low[a]));
  }
  for (const auto& offset : offsets.in_plane)
    plan.shifts.push_back({(offset[0] - low[0]) / geometry.spacing[0], (offset[1] - low[1]) / geometry.spacing[1]});
  const auto& last = offsets.in_plane.back();
  const double angle = std::atan2(std::hypot(last[0], last[1]), offsets.along.back()) * 180 / 3.14159265358979;
  plan.warnings.push_back(
      fmt::format("slices are shifted in plane by up to {:.1f} mm (gantry tilt of about {:.1f} "
                  "degrees or moved slices): resampled to a straight grid",
                  std::hypot(high[0] - low[0], high[1] - low[1]),
                  angle));
}

}  // namespace

bool StackPlan::is_plain() const {
  if (!shifts.empty() || slices.size() != frames.size()) return false;
  return std::all_of(slices.begin(), slices.end(), [](const SliceBlend& s) { return s.lower == s.upper; });
}

StackPlan plan_stack(const FrameStack& stack, const StackLimits& limits) {
  StackPlan plan;
  plan.frames = stack.frames;
  plan.warnings = stack.warnings;
  set_axes(plan.frames.front().frame(), plan.geometry);
  sort_frames(plan);
  const DicomPixelFormat& format = plan.frames.front().image->format;
  plan.geometry.size = {format.columns, format.rows, 0};
  plan.geometry.origin = *plan.frames.front().frame().position;
  const Offsets offsets = offsets_of(plan);
  plan_spacing(plan, offsets, limits);
  plan_shifts(plan, offsets);
  plan.geometry.size[2] = int64_t(plan.slices.size());
  return plan;
}

}  // namespace hepatica
