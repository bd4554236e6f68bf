// Expected gradients (Erion et al., Nature Machine Intelligence 2021): SHAP values of the pixels of a crop.
#pragma once

#include <string>
#include <vector>

#include "base/options.h"
#include "study/stages.h"

namespace hepatica {

/// Block `stages.explain.options.expected_gradients`.
struct ExpectedGradientsOptions {
  /// What a crop is compared with: "liver", crops of the same image about the liver's middle on slices without a
  /// finding; "zero", the mean value that the network was trained with; "black", what lies below its grey window.
  std::string baseline = "liver";
  int64_t baselines = 8;  ///< crops of liver an image, at most
  int64_t samples = 64;   ///< gradients a crop, rounded up to a multiple of the baselines
  int64_t seed = 0;
};

ExpectedGradientsOptions read_expected_gradients_options(const Block& block);

/// Values of the pixels, and how far they are from adding up.
struct PixelValues {
  int64_t rows = 0, columns = 0;
  std::vector<float> values;  ///< [rows, columns], summed over the channels, in units of the logit
  Additivity additivity;
};

/// phi = mean over baselines x' and alpha in [0, 1) of (x - x') * gradient at x' + alpha (x - x'), of the logits times
/// `of`, summed. Every baseline is used equally often, and its alphas lie one in each of as many equal parts of [0,
/// 1) (the paper draws both freely, which needs more samples for the same residual). Exact where the logit is linear.
PixelValues expected_gradients(const CropModel& model,
                               const PlaneImage& crop,
                               const LogitWeights& of,
                               const std::vector<PlaneImage>& baselines,
                               const ExpectedGradientsOptions& options);

/// Places about the liver's middle on at most `count` slices of image `index`, evenly spread over those with at least
/// a quarter of the largest slice's liver and without a box of `findings`. Empty where there is none.
std::vector<Detection> liver_places(const PreprocessedStudy& study,
                                    size_t index,
                                    const std::vector<Detection>& findings,
                                    int64_t count);

}  // namespace hepatica
