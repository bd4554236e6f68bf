#include "evaluate/evaluation_cases.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.h"

namespace hepatica {
namespace {

void append_row(std::vector<double>& to, const std::vector<double>& from, size_t row, size_t width) {
  if (from.empty()) return;
  to.insert(to.end(), from.begin() + long(row * width), from.begin() + long((row + 1) * width));
}

}  // namespace

int positive_class(const std::vector<std::string>& classes, const std::string& wanted, const std::string& file) {
  const auto number_of = [&](const std::string& name) {
    const auto found = std::find(classes.begin(), classes.end(), name);
    return found == classes.end() ? -1 : int(found - classes.begin());
  };
  if (!wanted.empty()) {
    if (const int number = number_of(wanted); number >= 0) return number;
    throw Error(ErrorCode::bad_manifest,
                fmt::format("{}: the positive class '{}' is none of {}", file, wanted, fmt::join(classes, ", ")));
  }
  for (const char* usual : {"malignant", "positive", "1"})
    if (const int number = number_of(usual); number >= 0) return number;
  return int(classes.size()) - 1;
}

stats::Sampling class_sampling(const stats::Predictions& p, const std::vector<std::string>& cluster_names) {
  std::vector<std::string> classes;
  for (const int truth : p.truth) classes.push_back(p.classes[size_t(truth)]);
  return stats::sampling_from_names(cluster_names, classes);
}

stats::Predictions subset(const stats::Predictions& all, const std::vector<size_t>& cases) {
  stats::Predictions part;
  part.classes = all.classes;
  for (const size_t i : cases) {
    part.truth.push_back(all.truth[i]);
    part.predicted.push_back(all.predicted[i]);
    append_row(part.probability, all.probability, i, all.classes.size());
    append_row(part.ranking, all.ranking, i, all.classes.size());
  }
  return part;
}

std::vector<std::string> subset(const std::vector<std::string>& all, const std::vector<size_t>& cases) {
  std::vector<std::string> part;
  for (const size_t i : cases) part.push_back(all[i]);
  return part;
}

PredictionTable subset(const PredictionTable& all, const std::vector<size_t>& cases) {
  PredictionTable part = all;
  part.predictions = subset(all.predictions, cases);
  part.case_ids = subset(all.case_ids, cases);
  part.rows = int64_t(cases.size());
  part.mean_logits.clear();
  for (const size_t i : cases) append_row(part.mean_logits, all.mean_logits, i, all.predictions.classes.size());
  for (PredictionTable::Column& column : part.columns) column.values = subset(column.values, cases);
  return part;
}

EvaluationCases cases_of(const PredictionTable& table, const EvaluationOptions& options) {
  EvaluationCases cases;
  cases.predictions = table.predictions;
  if (options.rank_by_logits && table.mean_logits.empty())
    throw Error(ErrorCode::bad_manifest,
                fmt::format("{}: AUC on logits is asked for, and the table holds {}; give columns logit_<class>",
                            table.file,
                            table.scores));
  if (options.rank_by_logits) cases.predictions.ranking = table.mean_logits;
  cases.classification.calibration_bins = options.calibration_bins;
  cases.classification.positive = positive_class(table.predictions.classes, options.positive, table.file);
  cases.clusters = options.cluster.empty() ? table.case_ids : table.column(options.cluster).values;
  cases.sampling = class_sampling(cases.predictions, cases.clusters);
  return cases;
}

}  // namespace hepatica
