#include "evaluate/operating_point.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/error.h"
#include "evaluate/evaluation_cases.h"
#include "stats/classification_cases.h"
#include "stats/proportion.h"

namespace hepatica {
namespace {

[[noreturn]] void refuse(const std::string& text) { throw Error(ErrorCode::bad_manifest, text); }

void check(const PredictionTable& validation,
           const PredictionTable& table,
           double sensitivity,
           const EvaluationOptions& options) {
  if (!(sensitivity > 0 && sensitivity <= 1))
    throw Error(ErrorCode::bad_values,
                fmt::format("a sensitivity of {} is not within 0 and 1; use .95 for 95%", sensitivity));
  for (const PredictionTable* one : {&validation, &table})
    if (one->predictions.probability.empty())
      refuse(one->file + ": a threshold needs scores; give columns logit_<class> or prob_<class>");
  if (validation.predictions.classes != table.predictions.classes)
    refuse(fmt::format("{} and {} hold different classes or another order of them; use the same columns of scores",
                       validation.file,
                       table.file));
  if (table.predictions.classes.size() > 2 && options.positive.empty())
    refuse(table.file + ": with more than two classes name the one that the threshold is for with --positive");
  const std::set<std::string> chosen_on(validation.case_ids.begin(), validation.case_ids.end());
  for (const std::string& id : table.case_ids)
    if (chosen_on.count(id))
      refuse(fmt::format(
          "case '{}' stands in {} and in {}; choose the threshold on other cases than those that it is judged on",
          id,
          validation.file,
          table.file));
}

double highest_threshold(const std::vector<double>& scores, const std::vector<uint8_t>& is, double sensitivity) {
  std::vector<double> positives;
  for (size_t i = 0; i < scores.size(); ++i)
    if (is[i]) positives.push_back(scores[i]);
  std::sort(positives.rbegin(), positives.rend());
  const auto needed = size_t(std::ceil(sensitivity * double(positives.size()) - 1e-9));
  return positives[std::max<size_t>(needed, 1) - 1];
}

}  // namespace

OperatingPoint operating_point(const PredictionTable& validation,
                               const PredictionTable& table,
                               double sensitivity,
                               const EvaluationOptions& options) {
  check(validation, table, sensitivity, options);
  const auto c = size_t(positive_class(table.predictions.classes, options.positive, table.file));
  OperatingPoint point;
  point.positive = table.predictions.classes[c];
  point.wanted_sensitivity = sensitivity;
  point.chosen_on = validation.file;
  point.sha256 = validation.sha256;
  point.chosen_n = int64_t(validation.predictions.size());
  const std::vector<double> scores = stats::probabilities_of(validation.predictions, c);
  const std::vector<uint8_t> is = stats::is_class(validation.predictions.truth, c);
  const auto positives = std::count(is.begin(), is.end(), uint8_t(1));
  if (positives == 0) refuse(fmt::format("{}: no case has the truth '{}'", validation.file, point.positive));
  point.threshold = highest_threshold(scores, is, sensitivity);
  int64_t found = 0;
  for (size_t i = 0; i < scores.size(); ++i) found += is[i] && scores[i] >= point.threshold;
  point.chosen_sensitivity = stats::wilson(found, positives, options.bootstrap.confidence);

  stats::Predictions called;
  called.classes = {"not " + point.positive, point.positive};
  for (const double score : stats::probabilities_of(table.predictions, c))
    called.predicted.push_back(score >= point.threshold);
  for (const uint8_t one : stats::is_class(table.predictions.truth, c)) called.truth.push_back(one);
  const std::vector<std::string> clusters =
      options.cluster.empty() ? table.case_ids : table.column(options.cluster).values;
  for (const auto& named : stats::estimate_all(called, class_sampling(called, clusters), {}, options.bootstrap))
    for (const char* wanted : {"sensitivity", "specificity", "ppv", "npv", "f1", "accuracy"})
      if (named.name == wanted) point.estimates.push_back(named);
  return point;
}

nlohmann::json json_from_operating_point(const OperatingPoint& point) {
  nlohmann::json json{{"positive", point.positive},
                      {"wanted_sensitivity", point.wanted_sensitivity},
                      {"threshold", point.threshold},
                      {"chosen_on", {{"file", point.chosen_on}, {"sha256", point.sha256}, {"n", point.chosen_n}}},
                      {"chosen_sensitivity", stats::json_from_estimate(point.chosen_sensitivity)}};
  for (const auto& named : point.estimates) json["metrics"][named.name] = stats::json_from_estimate(named.estimate);
  return json;
}

}  // namespace hepatica
