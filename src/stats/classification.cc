#include "stats/classification.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "stats/classification_cases.h"
#include "stats/roc.h"

namespace hepatica::stats {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
enum PerClassIndex { kSensitivity, kSpecificity, kPpv, kNpv, kF1, kAuc, kAveragePrecision, kPerClassCount };

double ratio(double top, double bottom) { return bottom > 0 ? top / bottom : kNaN; }

}  // namespace

struct ClassificationStatistics::Impl {
  size_t k = 0;
  bool scored = false;
  int positive = 1;
  std::vector<uint32_t> cell;  // truth * k + predicted, per case
  std::vector<double> log_loss, brier, probability;
  std::vector<uint8_t> right;
  std::vector<uint8_t> bin;
  size_t bins = 0;
  std::vector<RankedScores> ranked;  // per class
  std::vector<std::string> names;

  void name_all(const std::vector<std::string>& classes);
  void prepare_scores(const Predictions& p, const ClassificationOptions& options);
  std::vector<double> per_class(const std::vector<double>& confusion, std::span<const uint32_t> weights) const;
  double calibration_error(std::span<const uint32_t> weights) const;
};

void ClassificationStatistics::Impl::name_all(const std::vector<std::string>& classes) {
  names = {"accuracy",
           "balanced_accuracy",
           "macro_precision",
           "macro_recall",
           "macro_f1",
           "weighted_precision",
           "weighted_recall",
           "weighted_f1"};
  if (scored)
    names.insert(names.end(), {"auc_macro", "auc_weighted", "average_precision_macro", "brier", "log_loss", "ece"});
  const size_t shown = scored ? size_t(kPerClassCount) : size_t(kAuc);
  if (k == 2) names.insert(names.end(), per_class_names().begin(), per_class_names().begin() + long(shown));
  for (const std::string& name : classes)
    for (size_t m = 0; m < shown; ++m) names.push_back(name + ":" + per_class_names()[m]);
}

void ClassificationStatistics::Impl::prepare_scores(const Predictions& p, const ClassificationOptions& options) {
  bins = size_t(options.calibration_bins);
  for (size_t c = 0; c < k; ++c) ranked.emplace_back(ranking_of(p, c), is_class(p.truth, c));
  for (size_t i = 0; i < p.size(); ++i) {
    const double* row = &p.probability[i * k];
    double sum = 0;
    for (size_t c = 0; c < k; ++c) sum += (row[c] - (p.truth[i] == int(c))) * (row[c] - (p.truth[i] == int(c)));
    const double of_positive = row[positive] - (p.truth[i] == positive);
    brier.push_back(k == 2 ? of_positive * of_positive : sum);
    log_loss.push_back(-std::log(std::clamp(row[p.truth[i]], options.log_floor, 1.0)));
    const Confidence confidence = confidence_of(p, i, positive);
    probability.push_back(confidence.probability);
    right.push_back(confidence.right);
    bin.push_back(uint8_t(bin_of(confidence.probability, options.calibration_bins)));
  }
}

std::vector<double> ClassificationStatistics::Impl::per_class(const std::vector<double>& confusion,
                                                              std::span<const uint32_t> weights) const {
  double all = 0;
  for (double count : confusion) all += count;
  std::vector<double> values(k * kPerClassCount, kNaN);
  for (size_t c = 0; c < k; ++c) {
    double truths = 0, calls = 0;
    for (size_t o = 0; o < k; ++o) truths += confusion[c * k + o], calls += confusion[o * k + c];
    const double hits = confusion[c * k + c];
    double* row = &values[c * kPerClassCount];
    row[kSensitivity] = ratio(hits, truths);
    row[kSpecificity] = ratio(all - truths - calls + hits, all - truths);
    row[kPpv] = ratio(hits, calls);
    row[kNpv] = ratio(all - truths - calls + hits, all - calls);
    row[kF1] = ratio(2 * hits, truths + calls);
    if (!scored) continue;
    const RankedScores::Values ranks = ranked[c].weighted(weights);
    row[kAuc] = ranks.auc;
    row[kAveragePrecision] = ranks.average_precision;
  }
  return values;
}

double ClassificationStatistics::Impl::calibration_error(std::span<const uint32_t> weights) const {
  std::vector<double> gap(bins, 0.0);
  double all = 0;
  for (size_t i = 0; i < weights.size(); ++i) {
    gap[bin[i]] += weights[i] * (probability[i] - right[i]);
    all += weights[i];
  }
  double sum = 0;
  for (double g : gap) sum += std::abs(g);
  return ratio(sum, all);
}

ClassificationStatistics::ClassificationStatistics(const Predictions& p, const ClassificationOptions& options)
    : impl_(std::make_unique<Impl>()) {
  check_predictions(p);
  if (options.calibration_bins < 2 || options.calibration_bins > 200)
    throw Error(ErrorCode::bad_values,
                fmt::format("{} calibration bins; the number must lie within 2 and 200", options.calibration_bins));
  impl_->k = p.classes.size();
  impl_->scored = !p.probability.empty();
  impl_->positive = options.positive;
  for (size_t i = 0; i < p.size(); ++i)
    impl_->cell.push_back(uint32_t(size_t(p.truth[i]) * impl_->k + size_t(p.predicted[i])));
  if (impl_->scored) impl_->prepare_scores(p, options);
  impl_->name_all(p.classes);
}

ClassificationStatistics::~ClassificationStatistics() = default;

const std::vector<std::string>& ClassificationStatistics::names() const { return impl_->names; }

namespace {

/// Sums over classes from which the averages come.
struct Averages {
  double all = 0, hits = 0;          // cases
  double occurring = 0, listed = 0;  // classes in the truth; in truth or predictions
  double recall = 0, precision = 0, f1 = 0, auc = 0, average_precision = 0;
  double weighted_precision = 0, weighted_f1 = 0, weighted_auc = 0;

  void add(double truths, double calls, double right, const double* row) {
    all += truths;
    hits += right;
    if (truths + calls == 0) return;
    const double class_precision = calls > 0 ? row[kPpv] : 0;
    listed += 1;
    precision += class_precision;
    f1 += row[kF1];
    weighted_precision += truths * class_precision;
    weighted_f1 += truths * row[kF1];
    if (truths == 0) return;
    occurring += 1;
    recall += row[kSensitivity];
    auc += row[kAuc];
    weighted_auc += truths * row[kAuc];
    average_precision += row[kAveragePrecision];
  }
};

Averages averages_of(const std::vector<double>& confusion, const std::vector<double>& classes, size_t k) {
  Averages averages;
  for (size_t c = 0; c < k; ++c) {
    double truths = 0, calls = 0;
    for (size_t o = 0; o < k; ++o) truths += confusion[c * k + o], calls += confusion[o * k + c];
    averages.add(truths, calls, confusion[c * k + c], &classes[c * kPerClassCount]);
  }
  return averages;
}

double weighted_mean(std::span<const uint32_t> weights, const std::vector<double>& values) {
  double sum = 0, all = 0;
  for (size_t i = 0; i < weights.size(); ++i) sum += weights[i] * values[i], all += weights[i];
  return ratio(sum, all);
}

}  // namespace

void ClassificationStatistics::compute(std::span<const uint32_t> weights, std::span<double> values) const {
  const size_t k = impl_->k;
  std::vector<double> confusion(k * k, 0.0);
  for (size_t i = 0; i < weights.size(); ++i) confusion[impl_->cell[i]] += weights[i];
  const std::vector<double> classes = impl_->per_class(confusion, weights);
  const Averages a = averages_of(confusion, classes, k);
  const double accuracy = ratio(a.hits, a.all), recall = ratio(a.recall, a.occurring);
  size_t at = 0;
  for (double value : {accuracy,
                       recall,
                       ratio(a.precision, a.listed),
                       recall,
                       ratio(a.f1, a.listed),
                       ratio(a.weighted_precision, a.all),
                       accuracy,
                       ratio(a.weighted_f1, a.all)})
    values[at++] = value;
  if (impl_->scored)
    for (double value : {ratio(a.auc, a.occurring),
                         ratio(a.weighted_auc, a.all),
                         ratio(a.average_precision, a.occurring),
                         weighted_mean(weights, impl_->brier),
                         weighted_mean(weights, impl_->log_loss),
                         impl_->calibration_error(weights)})
      values[at++] = value;
  const size_t shown = impl_->scored ? size_t(kPerClassCount) : size_t(kAuc);
  if (k == 2)
    for (size_t m = 0; m < shown; ++m) values[at++] = classes[size_t(impl_->positive) * kPerClassCount + m];
  for (size_t c = 0; c < k; ++c)
    for (size_t m = 0; m < shown; ++m) values[at++] = classes[c * kPerClassCount + m];
}

}  // namespace hepatica::stats
