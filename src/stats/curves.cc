#include "stats/curves.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "stats/classification_cases.h"
#include "stats/roc.h"

namespace hepatica::stats {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr size_t kPlaces = 101;
constexpr int kThresholds = 99;

double place(size_t i) { return double(i) / double(kPlaces - 1); }

/// Sensitivity at each place of 1 - specificity; NaN where a class has no weight.
void put_roc(const std::vector<RankedScores::Counts>& counts, std::span<double> values) {
  const double positives = double(counts.back().true_positives), negatives = double(counts.back().false_positives);
  if (positives == 0 || negatives == 0) {
    std::fill(values.begin(), values.end(), kNaN);
    return;
  }
  double x0 = 0, y0 = 0;  // the last point at or before the place
  size_t next = 0;
  for (size_t i = 0; i < kPlaces; ++i) {
    while (next < counts.size() && double(counts[next].false_positives) / negatives <= place(i)) {
      x0 = double(counts[next].false_positives) / negatives;
      y0 = double(counts[next].true_positives) / positives;
      ++next;
    }
    values[i] = y0;
    if (next == counts.size()) continue;
    const double x1 = double(counts[next].false_positives) / negatives,
                 y1 = double(counts[next].true_positives) / positives;
    values[i] += (y1 - y0) * (place(i) - x0) / (x1 - x0);
  }
}

/// Precision at each recall.
void put_precision(const std::vector<RankedScores::Counts>& counts, std::span<double> values) {
  const double positives = double(counts.back().true_positives);
  if (positives == 0 || counts.back().false_positives == 0) {
    std::fill(values.begin(), values.end(), kNaN);
    return;
  }
  size_t at = 0;
  for (size_t i = 0; i < kPlaces; ++i) {
    const double wanted = std::max(place(i) * positives, 1e-9) - 1e-9;
    while (double(counts[at].true_positives) < wanted || counts[at].true_positives == 0) ++at;
    values[i] = double(counts[at].true_positives) / double(counts[at].true_positives + counts[at].false_positives);
  }
}

/// Mean over the classes that have a value.
void put_mean(std::span<const double> of_classes, size_t stride, size_t classes, std::span<double> values) {
  for (size_t i = 0; i < kPlaces; ++i) {
    double sum = 0, n = 0;
    for (size_t c = 0; c < classes; ++c) {
      const double value = of_classes[c * stride + i];
      if (std::isfinite(value)) sum += value, n += 1;
    }
    values[i] = n > 0 ? sum / n : kNaN;
  }
}

Curve curve_of(const Bootstrap& bootstrap, size_t first, int64_t n) {
  Curve curve;
  if (!std::isfinite(bootstrap.value(first))) return curve;
  for (size_t i = 0; i < kPlaces; ++i) curve.push_back({place(i), bootstrap.percentile(first + i, n)});
  return curve;
}

/// How many of the thresholds .01, .02, ... .99 a probability reaches.
size_t thresholds_reached(double probability) {
  return size_t(std::clamp(std::floor(probability * (kThresholds + 1) + 1e-9), 0.0, double(kThresholds)));
}

}  // namespace

RankingCurves ranking_curves(const Predictions& p, const Sampling& sampling, const BootstrapOptions& options) {
  check_predictions(p);
  RankingCurves curves;
  if (p.probability.empty()) return curves;
  const size_t k = p.classes.size(), stride = 2 * kPlaces;
  std::vector<RankedScores> ranked;
  for (size_t c = 0; c < k; ++c) ranked.emplace_back(ranking_of(p, c), is_class(p.truth, c));
  const auto statistics = [&](std::span<const uint32_t> weights, std::span<double> values) {
    for (size_t c = 0; c < k; ++c) {
      const auto counts = ranked[c].cumulated(weights);
      put_roc(counts, values.subspan(c * stride, kPlaces));
      put_precision(counts, values.subspan(c * stride + kPlaces, kPlaces));
    }
    put_mean(values, stride, k, values.subspan(k * stride, kPlaces));
    put_mean(values.subspan(kPlaces), stride, k, values.subspan(k * stride + kPlaces, kPlaces));
  };
  const Bootstrap bootstrap(statistics, (k + 1) * stride, sampling, options);
  const auto n = int64_t(p.size());
  for (size_t c = 0; c < k; ++c) {
    curves.roc.push_back(curve_of(bootstrap, c * stride, n));
    curves.precision_recall.push_back(curve_of(bootstrap, c * stride + kPlaces, n));
  }
  curves.roc_macro = curve_of(bootstrap, k * stride, n);
  curves.precision_recall_macro = curve_of(bootstrap, k * stride + kPlaces, n);
  return curves;
}

std::vector<DecisionPoint> decision_curve(std::span<const double> probability,
                                          std::span<const uint8_t> is_positive,
                                          const Sampling& sampling,
                                          const BootstrapOptions& options) {
  HEPATICA_ASSERT(probability.size() == is_positive.size());
  std::vector<size_t> reached;
  for (const double value : probability) {
    if (!(value >= 0 && value <= 1 + 1e-9))
      throw Error(ErrorCode::bad_values, "net benefit needs probabilities within 0 and 1");
    reached.push_back(thresholds_reached(value));
  }
  const auto statistics = [&](std::span<const uint32_t> weights, std::span<double> values) {
    std::vector<double> hits(kThresholds + 2, 0.0), alarms(kThresholds + 2, 0.0);
    double n = 0, positives = 0;
    for (size_t i = 0; i < weights.size(); ++i) {
      (is_positive[i] ? hits : alarms)[reached[i]] += weights[i];
      n += weights[i];
      positives += is_positive[i] * weights[i];
    }
    for (size_t t = kThresholds; t >= 1; --t) {
      hits[t] += hits[t + 1];
      alarms[t] += alarms[t + 1];
      const double threshold = double(t) / (kThresholds + 1), odds = threshold / (1 - threshold);
      values[t - 1] = n > 0 ? (hits[t] - alarms[t] * odds) / n : kNaN;
      values[kThresholds + t - 1] = n > 0 ? (positives - (n - positives) * odds) / n : kNaN;
    }
  };
  const Bootstrap bootstrap(statistics, 2 * kThresholds, sampling, options);
  std::vector<DecisionPoint> curve;
  const auto n = int64_t(probability.size());
  for (size_t t = 0; t < kThresholds; ++t)
    curve.push_back(
        {double(t + 1) / (kThresholds + 1), bootstrap.percentile(t, n), bootstrap.percentile(kThresholds + t, n)});
  return curve;
}

}  // namespace hepatica::stats
