#include "stages/segment/sliding_window.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "base/threads.h"

namespace hepatica {
namespace {

using Index = std::vector<int64_t>;

constexpr double kSigmaOfPatch = 0.125, kSmallestWeight = 1e-3;

int64_t product(const Index& sizes) {
  return std::accumulate(sizes.begin(), sizes.end(), int64_t(1), std::multiplies<>());
}

/// Every combination of starts, the last axis fastest.
std::vector<Index> all_windows(const Index& spatial, const WindowOptions& options) {
  std::vector<Index> windows{{}};
  for (size_t axis = 0; axis < spatial.size(); ++axis) {
    std::vector<Index> longer;
    for (const Index& window : windows)
      for (int64_t start : window_starts(spatial[axis], options.patch[axis], options.overlap)) {
        longer.push_back(window);
        longer.back().push_back(start);
      }
    windows = std::move(longer);
  }
  return windows;
}

/// Calls `row(offset in the image, offset in the patch, length)` for each row of the patch that lies in the image.
template <class Row>
void for_each_row(const Index& spatial, const Index& patch, const Index& start, const Row& row) {
  const size_t last = spatial.size() - 1;
  const int64_t length = std::min(patch[last], spatial[last] - start[last]);
  const int64_t rows = product(patch) / patch[last];
  for (int64_t r = 0; r < rows; ++r) {
    int64_t rest = r, image_offset = 0, image_stride = spatial[last];
    bool inside = true;
    for (size_t axis = last; axis-- > 0;) {
      const int64_t at = start[axis] + rest % patch[axis];
      inside = inside && at < spatial[axis];
      image_offset += at * image_stride;
      image_stride *= spatial[axis];
      rest /= patch[axis];
    }
    if (inside) row(image_offset + start[last], r * patch[last], length);
  }
}

struct Windows {
  Index spatial;
  WindowOptions options;
  std::vector<float> weights;
};

Array gather(const Array& image, const Windows& windows, std::span<const Index> starts) {
  const int64_t channels = image.shape[1], image_size = product(windows.spatial), size = product(windows.options.patch);
  Array batch;
  batch.shape = {int64_t(starts.size()), channels};
  batch.shape.insert(batch.shape.end(), windows.options.patch.begin(), windows.options.patch.end());
  batch.values.assign(size_t(product(batch.shape)), 0.0f);
  for (size_t n = 0; n < starts.size(); ++n)
    for (int64_t c = 0; c < channels; ++c)
      for_each_row(windows.spatial, windows.options.patch, starts[n], [&](int64_t from, int64_t to, int64_t length) {
        std::copy_n(image.values.begin() + c * image_size + from,
                    length,
                    batch.values.begin() + (int64_t(n) * channels + c) * size + to);
      });
  return batch;
}

/// Adds what the patches say, and their weights, to the sums over the image.
void scatter(
    const Array& said, const Windows& windows, std::span<const Index> starts, Array& sum, std::vector<float>& total) {
  const int64_t channels = said.shape[1], image_size = product(windows.spatial), size = product(windows.options.patch);
  for (size_t n = 0; n < starts.size(); ++n)
    for_each_row(windows.spatial, windows.options.patch, starts[n], [&](int64_t to, int64_t from, int64_t length) {
      for (int64_t x = 0; x < length; ++x) total[size_t(to + x)] += windows.weights[size_t(from + x)];
      for (int64_t c = 0; c < channels; ++c) {
        const float* values = said.values.data() + (int64_t(n) * channels + c) * size + from;
        float* sums = sum.values.data() + c * image_size + to;
        for (int64_t x = 0; x < length; ++x) sums[x] += windows.weights[size_t(from + x)] * values[x];
      }
    });
}

}  // namespace

std::vector<int64_t> window_starts(int64_t size, int64_t patch, double overlap) {
  if (size <= patch) return {0};
  const double step = std::max(1.0, double(patch) * (1 - overlap));
  const auto count = int64_t(std::ceil(double(size - patch) / step)) + 1;
  std::vector<int64_t> starts;
  for (int64_t n = 0; n < count; ++n) starts.push_back(std::llround(double(n * (size - patch)) / double(count - 1)));
  return starts;
}

std::vector<float> window_weights(const std::vector<int64_t>& patch) {
  std::vector<float> weights{1.0f};
  for (int64_t size : patch) {
    std::vector<float> longer;
    for (float weight : weights)
      for (int64_t x = 0; x < size; ++x) {
        const double z = (double(x) - 0.5 * double(size - 1)) / (kSigmaOfPatch * double(size));
        longer.push_back(weight * float(std::exp(-0.5 * z * z)));
      }
    weights = std::move(longer);
  }
  for (float& weight : weights) weight = std::max(weight, float(kSmallestWeight));
  return weights;
}

Array sliding_window(const Array& image, const WindowOptions& options, const std::function<Array(const Array&)>& run) {
  HEPATICA_ASSERT(image.shape.size() == options.patch.size() + 2 && image.shape[0] == 1);
  const Windows windows{{image.shape.begin() + 2, image.shape.end()}, options, window_weights(options.patch)};
  const std::vector<Index> starts = all_windows(windows.spatial, options);
  Array sum;
  std::vector<float> total(size_t(product(windows.spatial)), 0.0f);
  for (size_t first = 0; first < starts.size(); first += size_t(options.batch)) {
    check_interrupted();
    const size_t count = std::min(size_t(options.batch), starts.size() - first);
    const std::span<const Index> some(starts.data() + first, count);
    const Array said = run(gather(image, windows, some));
    if (sum.shape.empty()) {
      sum.shape = {1, said.shape[1]};
      sum.shape.insert(sum.shape.end(), windows.spatial.begin(), windows.spatial.end());
      sum.values.assign(size_t(product(sum.shape)), 0.0f);
    }
    scatter(said, windows, some, sum, total);
  }
  for (size_t v = 0; v < sum.values.size(); ++v) sum.values[v] /= total[v % total.size()];
  return sum;
}

}  // namespace hepatica
