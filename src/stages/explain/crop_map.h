// Maps of crops by any of the methods, for reports, volumes and checks.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "stages/explain/expected_gradients.h"
#include "stages/explain/phase_shapley.h"
#include "study/stages.h"

namespace hepatica {

/// Block `stages.explain.options`.
struct ExplainOptions {
  bool maps = true;               ///< maps for the best slice of each lesion and phase
  int64_t lesions = 12;           ///< the largest that get maps
  std::string method = "cam";     ///< "cam", "grad_cam", "grad_cam_pp" or "expected_gradients"
  std::string target = "margin";  ///< of the class: "logit", or "margin": minus the mean of the other classes' logits
  bool voxels = false;            ///< also volumes of the maps, from every slice that was classified
  ExpectedGradientsOptions expected_gradients;
  PhaseShapleyOptions phase_shapley;
};

ExplainOptions read_explain_options(const Block& block);

/// "cam", "grad_cam", "grad_cam_pp", "expected_gradients".
const std::vector<std::string>& map_methods();

/// Evidence for a class over a crop, row by row: 0..1 from the features' grid, or the pixels' values in units of the
/// logit with their additivity (expected gradients).
struct CropMap {
  int64_t rows = 0, columns = 0;
  std::vector<float> values;
  std::optional<Additivity> additivity;
};

/// What a crop is compared with by expected gradients; not asked for by the other methods.
using BaselinesOf = std::function<const std::vector<PlaneImage>&(size_t crop)>;

/// What maps of class `chosen` of so many explain, by `target`. Probabilities hang on margins alone: what moves all
/// logits alike is no evidence for any class.
LogitWeights target_weights(const std::string& target, size_t chosen, size_t classes);

/// One map a crop for class `classes[n]`.
std::vector<CropMap> crop_maps(const CropModel& model,
                               const std::vector<PlaneImage>& crops,
                               const std::vector<size_t>& classes,
                               const ExplainOptions& options,
                               const BaselinesOf& baselines);

/// Crops to compare those of an image with (options.baseline). Where the liver has no slice without a finding, one crop
/// of zeros, with `warning` set.
struct Baselines {
  std::vector<PlaneImage> crops;
  std::string warning;
};
Baselines baselines_of(const CropModel& model,
                       const PreprocessedStudy& study,
                       size_t image,
                       const std::vector<Detection>& findings,
                       const ExpectedGradientsOptions& options);

/// As shown: 0..1 with negative evidence at 0; of pixels, 1 is reached by one in 200.
std::vector<float> shown_map(const CropMap& map);

/// The map on `rows` x `columns` pixels that cover the same crop, linear between cells.
std::vector<float> map_on_pixels(const CropMap& map, int64_t rows, int64_t columns);

}  // namespace hepatica
