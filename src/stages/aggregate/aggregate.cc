#include "stages/aggregate/aggregate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace hepatica {
namespace {

size_t winner(const std::vector<double>& probabilities) {
  return size_t(std::max_element(probabilities.begin(), probabilities.end()) - probabilities.begin());
}

}  // namespace

AggregateOptions read_aggregate_options(const Block& block) {
  AggregateOptions options;
  OptionReader reader(block);
  options.least_probability = reader.number("least_probability", options.least_probability, 0, 1);
  reader.finish();
  return options;
}

std::vector<double> softmax(const std::vector<double>& logits) {
  const double largest = *std::max_element(logits.begin(), logits.end());
  std::vector<double> probabilities;
  double sum = 0;
  for (double logit : logits) {
    probabilities.push_back(std::exp(logit - largest));
    sum += probabilities.back();
  }
  for (double& probability : probabilities) probability /= sum;
  return probabilities;
}

StagePrediction average(const std::string& task,
                        const std::vector<std::string>& classes,
                        const std::vector<ImagePrediction>& images) {
  HEPATICA_ASSERT(!images.empty());
  StagePrediction stage{task, classes, images, std::vector<double>(classes.size(), 0.0), {}};
  for (const ImagePrediction& image : images)
    for (size_t c = 0; c < classes.size(); ++c) stage.logits[c] += image.logits[c] / double(images.size());
  stage.probabilities = softmax(stage.logits);
  return stage;
}

HierarchyPrediction combine(const StagePrediction& stage_one, const std::vector<StagePrediction>& subtypes) {
  HEPATICA_ASSERT(subtypes.size() == stage_one.classes.size());
  HierarchyPrediction combined;
  for (size_t c = 0; c < stage_one.classes.size(); ++c) {
    combined.benign_malignant[stage_one.classes[c]] = stage_one.probabilities[c];
    for (size_t t = 0; t < subtypes[c].classes.size(); ++t)
      combined.probabilities[subtypes[c].classes[t]] = stage_one.probabilities[c] * subtypes[c].probabilities[t];
  }
  const StagePrediction& chosen = subtypes[winner(stage_one.probabilities)];
  combined.prediction = chosen.classes[winner(chosen.probabilities)];
  return combined;
}

std::optional<std::string> abstention(const HierarchyPrediction& prediction, const AggregateOptions& options) {
  double highest = 0;
  for (const auto& [name, probability] : prediction.probabilities) highest = std::max(highest, probability);
  if (highest >= options.least_probability) return std::nullopt;
  return fmt::format("no type is likely enough: the highest probability is {:.2f}, {:.2f} are asked for",
                     highest,
                     options.least_probability);
}

}  // namespace hepatica
