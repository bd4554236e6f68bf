// From the logits of images to the prediction of a lesion and of a patient (LiLNet, Nat Commun 2024, Eq. 1 and 2).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/options.h"
#include "study/findings.h"

namespace hepatica {

/// Block `stages.aggregate.options`.
struct AggregateOptions {
  double least_probability = 0;  ///< abstain where the highest type of the patient is less likely; 0: never
};

AggregateOptions read_aggregate_options(const Block& block);

/// exp(x) / sum of exp, without overflow.
std::vector<double> softmax(const std::vector<double>& logits);

/// Mean of the images' logits, then softmax; every image of every phase counts alike. `images` must not be empty.
StagePrediction average(const std::string& task,
                        const std::vector<std::string>& classes,
                        const std::vector<ImagePrediction>& images);

/// Stage one and the subtypes of each of its classes, in the order of stage one's classes.
/// Types are multiplied with the probability of their class; the prediction is stage one's winner, then its subtype.
HierarchyPrediction combine(const StagePrediction& stage_one, const std::vector<StagePrediction>& subtypes);

/// Why to abstain for this patient, by the options; nullopt where there is no reason.
std::optional<std::string> abstention(const HierarchyPrediction& prediction, const AggregateOptions& options);

}  // namespace hepatica
