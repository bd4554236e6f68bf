#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "base/error.h"
#include "base/log.h"
#include "base/threads.h"
#include "io/dicom_read_pixels.h"
#include "stages/ingest/stack.h"

namespace hepatica {
namespace {

/// Reads frames on one thread; keeps the last file open, as neighbours of a multi-frame file follow each other.
class FrameSource {
 public:
  void read(const FrameRef& ref, std::span<int16_t> hu) {
    if (!reader_ || image_ != ref.image.get()) {
      reader_.reset();
      image_ = ref.image.get();
      reader_ = std::make_unique<DicomFrameReader>(*image_);
    }
    reader_->read(ref.frame(), hu);
  }

 private:
  const DicomImage* image_ = nullptr;
  std::unique_ptr<DicomFrameReader> reader_;
};

/// One frame moved by whole and part pixels onto the grid of the volume; air where it does not reach.
void shift_frame(std::span<const int16_t> frame,
                 int64_t columns,
                 int64_t rows,
                 const std::array<double, 2>& shift,
                 int64_t width,
                 std::span<int16_t> target) {
  const auto at = [&](int64_t i, int64_t j) {
    const bool inside = i >= 0 && j >= 0 && i < columns && j < rows;
    return inside ? double(frame[size_t(j * columns + i)]) : double(kPaddingHu);
  };
  const int64_t height = int64_t(target.size()) / width;
  const double x0 = std::floor(-shift[0]), y0 = std::floor(-shift[1]);
  const double fx = -shift[0] - x0, fy = -shift[1] - y0;
  for (int64_t j = 0; j < height; ++j)
    for (int64_t i = 0; i < width; ++i) {
      const int64_t x = i + int64_t(x0), y = j + int64_t(y0);
      const double top = (1 - fx) * at(x, y) + fx * at(x + 1, y);
      const double bottom = (1 - fx) * at(x, y + 1) + fx * at(x + 1, y + 1);
      target[size_t(j * width + i)] = int16_t(std::lround((1 - fy) * top + fy * bottom));
    }
}

/// Frame `f` of the plan on the grid of the volume.
void read_on_grid(const StackPlan& plan, size_t f, FrameSource& source, std::span<int16_t> target) {
  const FrameRef& ref = plan.frames[f];
  if (plan.shifts.empty()) return source.read(ref, target);
  const DicomPixelFormat& format = ref.image->format;
  std::vector<int16_t> frame(size_t(format.rows * format.columns));
  source.read(ref, frame);
  shift_frame(frame, format.columns, format.rows, plan.shifts[f], plan.geometry.size[0], target);
}

void read_slice(const StackPlan& plan, const SliceBlend& blend, FrameSource& source, std::span<int16_t> target) {
  read_on_grid(plan, blend.lower, source, target);
  if (blend.lower == blend.upper) return;
  std::vector<int16_t> upper(target.size());
  read_on_grid(plan, blend.upper, source, upper);
  for (size_t i = 0; i < target.size(); ++i)
    target[i] = int16_t(std::lround((1 - blend.fraction) * target[i] + blend.fraction * upper[i]));
}

/// Slices that failed take the nearest good slice.
void fill_failed(Volume<int16_t>& volume, const std::vector<std::string>& failures, const StackPlan& plan) {
  const auto count = int64_t(failures.size());
  const auto failed = std::count_if(failures.begin(), failures.end(), [](const auto& f) { return !f.empty(); });
  if (failed == 0) return;
  const std::string& first = *std::find_if(failures.begin(), failures.end(), [](const auto& f) { return !f.empty(); });
  if (failed == count || (failed > 1 && double(failed) > 0.1 * double(count)))
    throw Error(ErrorCode::bad_format,
                fmt::format("{} of {} slices cannot be decoded, the first: {}; copy the series again from its source",
                            failed,
                            count,
                            first));
  log_warning("{} of {} slices cannot be decoded and were taken from their neighbours, the first: {}",
              failed,
              plan.slices.size(),
              first);
  for (int64_t k = 0; k < count; ++k)
    for (int64_t step = 1; !failures[size_t(k)].empty() && step < count; ++step) {
      const int64_t below = k - step, above = k + step;
      const bool low = below >= 0 && failures[size_t(below)].empty();
      const bool high = above < count && failures[size_t(above)].empty();
      if (!low && !high) continue;
      const auto from = volume.slice(low ? below : above);
      std::copy(from.begin(), from.end(), volume.slice(k).begin());
      break;
    }
}

Volume<int16_t> load_slices(const StackPlan& plan, const Geometry& geometry, int64_t step) {
  Volume<int16_t> volume(geometry);
  const auto count = size_t(geometry.size[2]);
  std::vector<std::string> failures(count);
  // Runs of a multi-frame file stay together, so that each thread parses it once for many frames.
  const size_t run = plan.frames.front().image->frames.size() > 1 ? 32 : 4;
  parallel_for((count + run - 1) / run, [&](size_t r) {
    check_interrupted();
    FrameSource source;
    for (size_t k = r * run; k < std::min(count, (r + 1) * run); ++k) {
      try {
        read_slice(plan, plan.slices[k * size_t(step)], source, volume.slice(int64_t(k)));
      } catch (const Error& error) {
        failures[k] = error.what();
      }
    }
  });
  fill_failed(volume, failures, plan);
  return volume;
}

}  // namespace

Volume<int16_t> load_stack(const StackPlan& plan) { return load_slices(plan, plan.geometry, 1); }

Volume<int16_t> load_stack_sparsely(const StackPlan& plan, int64_t step) {
  Geometry geometry = plan.geometry;
  geometry.size[2] = (geometry.size[2] + step - 1) / step;
  geometry.spacing[2] *= double(step);
  return load_slices(plan, geometry, step);
}

}  // namespace hepatica
