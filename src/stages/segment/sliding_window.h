// Runs a network of fixed patch size over a larger image of any number of axes.
#pragma once

#include <functional>
#include <vector>

#include "engine/predictor.h"

namespace hepatica {

struct WindowOptions {
  std::vector<int64_t> patch;  ///< one size a spatial axis
  double overlap = 0.5;        ///< of neighbouring patches, as a fraction of the patch; [0, 1)
  int64_t batch = 4;           ///< patches a call
};

/// First indices of the patches along one axis: as few as cover `size` with at least the overlap, evenly spread.
std::vector<int64_t> window_starts(int64_t size, int64_t patch, double overlap);

/// Weight of each element of a patch, [patch...]: a product of Gaussians with a standard deviation of 1/8 of the
/// patch (Isensee et al., nnU-Net, Nature Methods 2021), never below 1e-3 of the peak.
std::vector<float> window_weights(const std::vector<int64_t>& patch);

/// `image` is [1, C, spatial...]; `run` takes [N, C, patch...] and gives [N, K, patch...]. The result is
/// [1, K, spatial...]: the weighted mean of what the patches say. Axes shorter than the patch are filled with 0.
Array sliding_window(const Array& image, const WindowOptions& options, const std::function<Array(const Array&)>& run);

}  // namespace hepatica
