#include "stats/classification_cases.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace hepatica::stats {

const std::vector<std::string>& per_class_names() {
  static const std::vector<std::string> names{
      "sensitivity", "specificity", "ppv", "npv", "f1", "auc", "average_precision"};
  return names;
}

void check_predictions(const Predictions& p) {
  const size_t k = p.classes.size();
  if (k < 2) throw Error(ErrorCode::bad_values, "a classifier needs at least two classes");
  if (p.predicted.size() != p.size() || (!p.probability.empty() && p.probability.size() != p.size() * k) ||
      (!p.ranking.empty() && p.ranking.size() != p.size() * k))
    throw Error(ErrorCode::bad_values, "truth, prediction and probabilities have different numbers of cases");
  for (size_t i = 0; i < p.size(); ++i)
    if (p.truth[i] < 0 || p.predicted[i] < 0 || size_t(p.truth[i]) >= k || size_t(p.predicted[i]) >= k)
      throw Error(ErrorCode::bad_values, fmt::format("case {} has a class number outside 0 and {}", i + 1, k - 1));
  for (size_t i = 0; i < p.probability.size(); ++i)
    if (!(p.probability[i] >= 0 && p.probability[i] <= 1 + 1e-9))
      throw Error(ErrorCode::bad_values,
                  fmt::format("case {} has a probability of {} for '{}'; it must lie within 0 and 1",
                              i / k + 1,
                              p.probability[i],
                              p.classes[i % k]));
}

std::vector<double> probabilities_of(const Predictions& p, size_t c) {
  std::vector<double> values(p.size());
  for (size_t i = 0; i < p.size(); ++i) values[i] = p.probability[i * p.classes.size() + c];
  return values;
}

std::vector<double> ranking_of(const Predictions& p, size_t c) {
  if (p.ranking.empty()) return probabilities_of(p, c);
  std::vector<double> values(p.size());
  for (size_t i = 0; i < p.size(); ++i) values[i] = p.ranking[i * p.classes.size() + c];
  return values;
}

std::vector<uint8_t> is_class(const std::vector<int>& numbers, size_t c) {
  std::vector<uint8_t> is(numbers.size());
  for (size_t i = 0; i < numbers.size(); ++i) is[i] = numbers[i] == int(c);
  return is;
}

size_t bin_of(double probability, int bins) {
  const double scaled = std::ceil(probability * bins) - 1;
  return size_t(std::clamp(scaled, 0.0, double(bins - 1)));
}

Confidence confidence_of(const Predictions& p, size_t i, int positive) {
  const size_t k = p.classes.size();
  const auto c = size_t(k == 2 ? positive : p.predicted[i]);
  return {p.probability[i * k + c], p.truth[i] == int(c)};
}

}  // namespace hepatica::stats
