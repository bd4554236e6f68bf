#include "evaluate/validation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/csv.h"
#include "stats/proportion.h"
#include "stats/roc.h"

namespace hepatica {
namespace {

using stats::Estimate;

bool has_truth(const std::string& truth) { return !truth.empty() && truth != "none" && truth != "unknown"; }

/// Counts successes of independent cases.
struct Share {
  int64_t hits = 0, n = 0;
  void add(bool hit) { hits += hit, ++n; }
  Estimate estimate(double confidence) const { return stats::wilson(hits, n, confidence); }
};

class Summary {
 public:
  Summary(const std::vector<CaseResult>& cases, const ValidationOptions& options) : cases_(cases), options_(options) {}

  Validation all() {
    result_.patients = int64_t(cases_.size());
    for (const CaseResult& one : cases_) result_.failed += one.status == "failed";
    livers();
    lesions();
    false_positives();
    phases();
    benign_malignant();
    types();
    seconds();
    return result_;
  }

 private:
  void put(const std::string& name, const Estimate& estimate) { result_.metrics.emplace_back(name, estimate); }

  void livers() {
    std::vector<double> sums, counts, errors;
    std::optional<double> lowest;
    for (const CaseResult& one : cases_) {
      double sum = 0, count = 0, error = 0;
      for (const ImageResult& image : one.images) {
        if (!image.liver_dice) continue;
        sum += *image.liver_dice;
        error += std::abs(image.liver_volume_error.value_or(0));
        count += 1;
        lowest = std::min(lowest.value_or(1), *image.liver_dice);
      }
      if (count == 0) continue;
      sums.push_back(sum);
      counts.push_back(count);
      errors.push_back(error);
    }
    put("liver_dice", stats::ratio_estimate(sums, counts, options_.bootstrap));
    const auto n = int64_t(sums.size());
    put("liver_dice_lowest",
        lowest ? stats::make_estimate(*lowest, std::nullopt, n, "minimum", "a minimum has no interval here")
               : stats::undefined(0, "no liver reference"));
    put("liver_volume_error_absolute", stats::ratio_estimate(errors, counts, options_.bootstrap));
  }

  /// Lesions of low <= long axis < high; patients are resampled, and where that gives no interval the lesions count as
  /// independent.
  void recall(const std::string& name, double low, double high) {
    std::vector<double> found, there;
    Share share;
    for (const CaseResult& one : cases_) {
      double hits = 0, n = 0;
      for (const LesionResult& lesion : one.lesions) {
        if (lesion.long_axis_mm < low || lesion.long_axis_mm >= high) continue;
        hits += lesion.found;
        n += 1;
        share.add(lesion.found);
      }
      if (n == 0) continue;
      found.push_back(hits);
      there.push_back(n);
    }
    const Estimate resampled = stats::ratio_estimate(found, there, options_.bootstrap);
    const bool varies = resampled.lower && *resampled.lower < *resampled.upper;
    put(name, varies || share.n == 0 ? resampled : share.estimate(options_.bootstrap.confidence));
  }

  void lesions() {
    const double from = options_.lesion_from_mm, endless = 1e9;
    recall("lesion_recall", from, endless);
    recall("lesion_recall_all", 0, endless);
    recall(fmt::format("lesion_recall_below_{:g}_mm", from), 0, from);
    for (const auto& [low, high] : {std::pair{10.0, 20.0}, {20.0, 30.0}, {30.0, 50.0}})
      recall(fmt::format("lesion_recall_{:g}_to_{:g}_mm", low, high), low, high);
    recall("lesion_recall_from_50_mm", 50, endless);
  }

  void false_positives() {
    std::vector<double> counts;
    Share healthy;
    for (const CaseResult& one : cases_) {
      if (one.status == "failed" || !one.lesions_known) continue;
      counts.push_back(double(one.false_positives()));
      if (one.lesions.empty()) healthy.add(one.predicted.empty());
    }
    put("false_positives_per_patient", stats::mean_estimate(counts, options_.bootstrap));
    put("no_lesion_specificity", healthy.estimate(options_.bootstrap.confidence));
  }

  void phases() {
    Share right;
    for (const CaseResult& one : cases_)
      for (const ImageResult& image : one.images)
        if (image.phase_reference != Phase::unknown) right.add(image.phase_found == image.phase_reference);
    put("phase_accuracy", right.estimate(options_.bootstrap.confidence));
  }

  void benign_malignant() {
    std::vector<double> score, diagnosed_score;
    std::vector<uint8_t> malignant, diagnosed_malignant;
    Share right, diagnosed_right, diagnosed;
    for (const CaseResult& one : cases_) {
      if (one.benign_malignant != "benign" && one.benign_malignant != "malignant") continue;
      const bool truth = one.benign_malignant == "malignant", known = one.benign_malignant_found.count("malignant") > 0;
      const double p = known ? one.benign_malignant_found.at("malignant") : 0.5;
      score.push_back(p);
      malignant.push_back(truth);
      diagnosed.add(known);
      right.add(known && (p >= 0.5) == truth);
      if (!known) continue;
      diagnosed_score.push_back(p);
      diagnosed_malignant.push_back(truth);
      diagnosed_right.add((p >= 0.5) == truth);
    }
    const double confidence = options_.bootstrap.confidence;
    put("benign_malignant_auc", stats::auc_delong(score, malignant, confidence));
    put("benign_malignant_auc_diagnosed", stats::auc_delong(diagnosed_score, diagnosed_malignant, confidence));
    put("benign_malignant_accuracy", right.estimate(confidence));
    put("benign_malignant_accuracy_diagnosed", diagnosed_right.estimate(confidence));
    put("diagnosed", diagnosed.estimate(confidence));
  }

  void types() {
    std::set<std::string> names;
    for (const CaseResult& one : cases_) {
      for (const auto& [name, p] : one.probabilities) names.insert(name);
      if (has_truth(one.diagnosis)) names.insert(one.diagnosis);
    }
    result_.classes.assign(names.begin(), names.end());
    const size_t k = names.size();
    result_.confusion.assign(k, std::vector<int64_t>(k + 1, 0));
    const auto number = [&](const std::string& name) { return size_t(std::distance(names.begin(), names.find(name))); };
    Share right, diagnosed;
    for (const CaseResult& one : cases_) {
      if (!has_truth(one.diagnosis)) continue;
      right.add(one.prediction == one.diagnosis);
      if (!one.prediction.empty()) diagnosed.add(one.prediction == one.diagnosis);
      ++result_.confusion[number(one.diagnosis)][one.prediction.empty() ? k : number(one.prediction)];
    }
    put("six_class_accuracy", right.estimate(options_.bootstrap.confidence));
    put("six_class_accuracy_diagnosed", diagnosed.estimate(options_.bootstrap.confidence));
  }

  void seconds() {
    std::vector<double> seconds;
    for (const CaseResult& one : cases_)
      if (one.status != "failed") seconds.push_back(one.seconds);
    put("seconds_per_patient", stats::mean_estimate(seconds, options_.bootstrap));
  }

  const std::vector<CaseResult>& cases_;
  const ValidationOptions& options_;
  Validation result_;
};

}  // namespace

Validation validate(const std::vector<CaseResult>& cases, const ValidationOptions& options) {
  return Summary(cases, options).all();
}

nlohmann::json json_from_validation(const Validation& v, const std::vector<CaseResult>& cases) {
  nlohmann::json metrics = nlohmann::json::object(), failed = nlohmann::json::array();
  for (const auto& [name, estimate] : v.metrics) metrics[name] = stats::json_from_estimate(estimate);
  for (const CaseResult& one : cases)
    if (one.status == "failed") failed.push_back({{"patient", one.patient}, {"reason", one.reason}});
  std::vector<std::string> columns = v.classes;
  columns.push_back("not diagnosed");
  return {{"n", v.patients},
          {"metrics", metrics},
          {"confusion", {{"rows", v.classes}, {"columns", columns}, {"counts", v.confusion}}},
          {"failed", failed},
          {"cases", cases}};
}

}  // namespace hepatica
