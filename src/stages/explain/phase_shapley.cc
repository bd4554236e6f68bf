#include "stages/explain/phase_shapley.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "stats/shapley.h"

namespace hepatica {
namespace {

/// ln(p / (1 - p)) of one class's softmax probability: its logit over the log of the others' summed exponentials.
double log_odds(const std::vector<double>& logits, size_t chosen) {
  double largest = -std::numeric_limits<double>::infinity();
  for (size_t c = 0; c < logits.size(); ++c)
    if (c != chosen) largest = std::max(largest, logits[c]);
  double sum = 0;
  for (size_t c = 0; c < logits.size(); ++c)
    if (c != chosen) sum += std::exp(logits[c] - largest);
  return logits[chosen] - largest - std::log(sum);
}

double value_of(double odds, const PhaseShapleyOptions& options) {
  return options.value == "logit" ? odds : 1 / (1 + std::exp(-odds));
}

}  // namespace

PhaseShapleyOptions read_phase_shapley_options(const Block& block) {
  PhaseShapleyOptions options;
  OptionReader reader(block);
  options.value = reader.choice("value", options.value, {"logit", "probability"});
  options.none = reader.choice("none", options.none, {"prior", "zero"});
  reader.finish();
  return options;
}

std::vector<Phase> phases_of(const StagePrediction& stage, const PreprocessedStudy& study) {
  std::vector<Phase> phases;
  for (size_t i = 0; i < study.images.size(); ++i) {
    const Phase phase = study.images[i].phase;
    const bool seen = std::any_of(
        stage.images.begin(), stage.images.end(), [&](const ImagePrediction& p) { return p.detection.image == i; });
    if (seen && std::find(phases.begin(), phases.end(), phase) == phases.end()) phases.push_back(phase);
  }
  return phases;
}

SubsetLogits late_fusion(const StagePrediction& stage, const PreprocessedStudy& study) {
  const std::vector<Phase> phases = phases_of(stage, study);
  return [&stage, &study, phases](size_t subset) {
    std::vector<double> sum(stage.classes.size(), 0.0);
    size_t count = 0;
    for (const ImagePrediction& image : stage.images) {
      const Phase phase = study.images[image.detection.image].phase;
      const auto place = size_t(std::find(phases.begin(), phases.end(), phase) - phases.begin());
      if ((subset >> place & 1) == 0) continue;
      ++count;
      for (size_t c = 0; c < sum.size(); ++c) sum[c] += image.logits[c];
    }
    for (double& logit : sum) logit /= double(count);
    return sum;
  };
}

PhaseShapley phase_shapley(const std::vector<Phase>& phases,
                           const std::vector<std::string>& classes,
                           size_t chosen,
                           const SubsetLogits& logits,
                           const PhaseShapleyOptions& options) {
  HEPATICA_ASSERT(chosen < classes.size() && classes.size() >= 2);
  std::vector<double> values(size_t(1) << phases.size());
  if (options.none == "prior") values[0] = value_of(std::log(1.0 / double(classes.size() - 1)), options);
  for (size_t subset = 1; subset < values.size(); ++subset)
    values[subset] = value_of(log_odds(logits(subset), chosen), options);
  PhaseShapley result{classes[chosen], options.value, values.front(), values.back(), {}};
  const std::vector<double> shares = stats::shapley_values(values);
  for (size_t i = 0; i < phases.size(); ++i) result.phases.emplace_back(phases[i], shares[i]);
  return result;
}

}  // namespace hepatica
