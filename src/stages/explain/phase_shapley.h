// What each contrast phase adds to the decision on a patient: exact Shapley values over all 2^P subsets of the phases
// (stats/shapley.h), the attribution that needs no approximation.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/options.h"
#include "study/findings.h"

namespace hepatica {

/// Block `stages.explain.options.phase_shapley`.
struct PhaseShapleyOptions {
  /// What is shared out: "logit", the natural log odds ln(p / (1 - p)) of the chosen class, which a constant added to
  /// all logits leaves alone; or its "probability" p.
  std::string value = "logit";
  /// v(no phase): "prior", that of K classes alike (p = 1/K), or "zero".
  std::string none = "prior";
};

PhaseShapleyOptions read_phase_shapley_options(const Block& block);

/// The logits of a patient from the phases in a subset alone: bit i is the i-th phase; never asked for no phase. Early
/// fusion gives one that runs its network with the other phases' channels at 0.
using SubsetLogits = std::function<std::vector<double>(size_t subset)>;

/// The phases of the images that a stage looked at, each once, in the order of the study's images.
std::vector<Phase> phases_of(const StagePrediction& stage, const PreprocessedStudy& study);

/// Late fusion, where the logits of images are averaged: the mean over the images of the phases in the subset. No
/// network runs. `stage` and `study` must outlive it.
SubsetLogits late_fusion(const StagePrediction& stage, const PreprocessedStudy& study);

/// Shapley values of `phases` (at most 10) for class `chosen` of `classes`.
PhaseShapley phase_shapley(const std::vector<Phase>& phases,
                           const std::vector<std::string>& classes,
                           size_t chosen,
                           const SubsetLogits& logits,
                           const PhaseShapleyOptions& options);

}  // namespace hepatica
