#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "stats/classification.h"
#include "stats/classification_cases.h"
#include "stats/proportion.h"
#include "stats/roc.h"

namespace hepatica::stats {

std::vector<std::vector<int64_t>> confusion_matrix(const Predictions& p) {
  std::vector<std::vector<int64_t>> matrix(p.classes.size(), std::vector<int64_t>(p.classes.size(), 0));
  for (size_t i = 0; i < p.size(); ++i) ++matrix[size_t(p.truth[i])][size_t(p.predicted[i])];
  return matrix;
}

namespace {

struct Count {
  int64_t hits = 0, n = 0;
};

/// Numerator and denominator of a proportion; nothing for what is not one.
std::optional<Count> proportion_of(const Predictions& p, size_t c, const std::string& metric) {
  const auto truth = is_class(p.truth, c), call = is_class(p.predicted, c);
  Count count;
  for (size_t i = 0; i < p.size(); ++i) {
    const bool counted = metric == "sensitivity"   ? truth[i]
                         : metric == "specificity" ? !truth[i]
                         : metric == "ppv"         ? call[i]
                                                   : !call[i];
    const bool hit =
        metric == "sensitivity" || metric == "npv" ? call[i] == truth[i] && counted : counted && call[i] == truth[i];
    count.n += counted;
    count.hits += hit;
  }
  if (metric == "sensitivity" || metric == "specificity" || metric == "ppv" || metric == "npv") return count;
  return std::nullopt;
}

std::string reason_undefined(const Predictions& p, const std::string& metric, const std::string& of_class) {
  const std::string which = of_class.empty() ? "a class" : fmt::format("class '{}'", of_class);
  if (metric == "ppv") return fmt::format("no case was called {}", which);
  if (metric == "npv") return fmt::format("every case was called {}", which);
  if (metric == "specificity") return fmt::format("every case has {}", which);
  if (metric == "f1") return fmt::format("no case has or was called {}", which);
  if (p.size() == 0) return "there is no case";
  return fmt::format("{} does not occur in the truth, or no other does", which);
}

/// The class that a name such as "hcc:auc" or, with two classes, "auc" speaks of.
std::optional<size_t> class_of(const Predictions& p, const std::string& name, int positive, std::string& metric) {
  const size_t colon = name.rfind(':');
  metric = colon == std::string::npos ? name : name.substr(colon + 1);
  if (std::find(per_class_names().begin(), per_class_names().end(), metric) == per_class_names().end())
    return std::nullopt;
  if (colon == std::string::npos) return size_t(positive);
  const auto found = std::find(p.classes.begin(), p.classes.end(), name.substr(0, colon));
  return size_t(found - p.classes.begin());
}

}  // namespace

std::vector<NamedEstimate> estimate_all(const Predictions& p,
                                        const Sampling& sampling,
                                        const ClassificationOptions& options,
                                        const BootstrapOptions& bootstrap_options) {
  const ClassificationStatistics statistics(p, options);
  const Bootstrap bootstrap([&](std::span<const uint32_t> w, std::span<double> v) { statistics.compute(w, v); },
                            statistics.names().size(),
                            sampling,
                            bootstrap_options);
  const bool independent = bootstrap.clusters() == p.size();
  const double confidence = bootstrap_options.confidence;
  std::vector<NamedEstimate> all;
  for (size_t s = 0; s < statistics.names().size(); ++s) {
    NamedEstimate named{statistics.names()[s], {}, {}};
    std::string metric;
    const auto of_class = class_of(p, named.name, options.positive, metric);
    const std::string class_name = of_class ? p.classes[*of_class] : "";
    std::optional<Count> count;
    if (of_class) count = proportion_of(p, *of_class, metric);
    if (metric == "accuracy" || metric == "weighted_recall") {
      const auto matrix = confusion_matrix(p);
      count = Count{0, int64_t(p.size())};
      for (size_t c = 0; c < matrix.size(); ++c) count->hits += matrix[c][c];
    }
    const int64_t n = count ? count->n : int64_t(p.size());
    if (!std::isfinite(bootstrap.value(s))) {
      named.estimate = undefined(n, reason_undefined(p, metric, class_name));
      all.push_back(named);
      continue;
    }
    const Estimate percentile = bootstrap.percentile(s, n), bca = bootstrap.bca(s, n);
    named.estimate = bootstrap.best(s, n);
    named.others = {percentile, bca};
    if (count) named.others.push_back(clopper_pearson(count->hits, count->n, confidence));
    if (independent && count) named.estimate = wilson(count->hits, count->n, confidence);
    if (independent && metric == "auc")
      named.estimate = auc_delong(ranking_of(p, *of_class), is_class(p.truth, *of_class), confidence);
    all.push_back(named);
  }
  return all;
}

std::vector<CalibrationBin> calibration_curve(const Predictions& p,
                                              const ClassificationOptions& options,
                                              double confidence) {
  check_predictions(p);
  const int bins = options.calibration_bins;
  std::vector<CalibrationBin> curve(static_cast<size_t>(bins));
  std::vector<double> sum(curve.size(), 0.0);
  std::vector<int64_t> hits(curve.size(), 0);
  for (size_t i = 0; i < p.size() && !p.probability.empty(); ++i) {
    const Confidence one = confidence_of(p, i, options.positive);
    const size_t b = bin_of(one.probability, bins);
    ++curve[b].n;
    sum[b] += one.probability;
    hits[b] += one.right;
  }
  for (size_t b = 0; b < curve.size(); ++b) {
    curve[b].low = double(b) / bins;
    curve[b].high = double(b + 1) / bins;
    curve[b].mean_probability = curve[b].n ? sum[b] / double(curve[b].n) : 0;
    curve[b].observed = wilson(hits[b], curve[b].n, confidence);
  }
  return curve;
}

}  // namespace hepatica::stats
