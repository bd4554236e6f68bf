#include "stats/agreement.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "stats/distributions.h"
#include "stats/proportion.h"

namespace hepatica::stats {
namespace {

double weight_of(size_t a, size_t b, size_t classes, KappaWeights weights) {
  if (weights == KappaWeights::none) return a == b;
  const double distance = std::abs(double(a) - double(b)) / double(classes - 1);
  return 1 - (weights == KappaWeights::linear ? distance : distance * distance);
}

std::string name_of(KappaWeights weights) {
  switch (weights) {
    case KappaWeights::linear:
      return "Cohen's kappa, linear weights";
    case KappaWeights::quadratic:
      return "Cohen's kappa, quadratic weights";
    case KappaWeights::none:
      break;
  }
  return "Cohen's kappa";
}

Kappa without_value(const std::string& method, int64_t n, const std::string& reason) {
  return {undefined(n, reason), {}, 0, 0, undefined_outcome(method, n, reason)};
}

/// Test of kappa = 0 with its standard error under that hypothesis.
Test zero_test(const std::string& method, double kappa, double variance, int64_t n) {
  if (!(variance > 0)) return undefined_outcome(method, n, "the variance under no agreement is 0");
  const double z = kappa / std::sqrt(variance);
  return {method, z, {}, 2 * normal_cdf(-std::abs(z)), {}, n, ""};
}

Interval around(double value, double half) { return {std::max(-1.0, value - half), std::min(1.0, value + half)}; }

/// Shares of a square table, with its margins and the mean weights of rows and columns.
struct Table {
  size_t classes = 0;
  std::vector<std::vector<double>> share, weight;
  std::vector<double> row, column, row_weight, column_weight;
  double observed = 0, expected = 0;
};

Table table_of(const std::vector<std::vector<int64_t>>& counts, double total, KappaWeights weights) {
  const size_t k = counts.size();
  Table t{
      k, {}, {}, std::vector<double>(k), std::vector<double>(k), std::vector<double>(k), std::vector<double>(k), 0, 0};
  t.share.assign(k, std::vector<double>(k));
  t.weight = t.share;
  for (size_t i = 0; i < k; ++i)
    for (size_t j = 0; j < k; ++j) {
      t.share[i][j] = double(counts[i][j]) / total;
      t.weight[i][j] = weight_of(i, j, k, weights);
      t.row[i] += t.share[i][j];
      t.column[j] += t.share[i][j];
    }
  for (size_t i = 0; i < k; ++i)
    for (size_t j = 0; j < k; ++j) {
      t.row_weight[i] += t.weight[i][j] * t.column[j];
      t.column_weight[j] += t.weight[i][j] * t.row[i];
      t.observed += t.weight[i][j] * t.share[i][j];
      t.expected += t.weight[i][j] * t.row[i] * t.column[j];
    }
  return t;
}

/// Variances of Fleiss, Cohen and Everitt (1969), times the number of cases: of kappa, and under no agreement.
std::pair<double, double> variances(const Table& t, double kappa) {
  double any = 0, none = 0;
  for (size_t i = 0; i < t.classes; ++i)
    for (size_t j = 0; j < t.classes; ++j) {
      const double mean_weight = t.row_weight[i] + t.column_weight[j];
      const double a = t.weight[i][j] - mean_weight * (1 - kappa), b = t.weight[i][j] - mean_weight;
      any += t.share[i][j] * a * a;
      none += t.row[i] * t.column[j] * b * b;
    }
  const double center = kappa - t.expected * (1 - kappa), scale = (1 - t.expected) * (1 - t.expected);
  return {std::max(0.0, any - center * center) / scale, std::max(0.0, none - t.expected * t.expected) / scale};
}

void check_square(const std::vector<std::vector<int64_t>>& counts) {
  for (const auto& row : counts)
    if (row.size() != counts.size() || counts.size() < 2)
      throw Error(ErrorCode::bad_values, "kappa needs a square table of at least two classes");
}

}  // namespace

Kappa cohen_kappa(const std::vector<std::vector<int64_t>>& counts, KappaWeights weights, double confidence) {
  check_square(counts);
  const std::string method = name_of(weights);
  int64_t n = 0;
  for (const auto& row : counts) n = std::accumulate(row.begin(), row.end(), n);
  if (n == 0) return without_value(method, 0, "there is no case that both have read");
  const Table t = table_of(counts, double(n), weights);
  if (1 - t.expected < 1e-12) return without_value(method, n, "both always give one and the same class");
  const double kappa = (t.observed - t.expected) / (1 - t.expected);
  const auto [any, none] = variances(t, kappa);
  const double error = std::sqrt(any / double(n));
  const std::string interval = method_name(method + ", Fleiss-Cohen-Everitt", confidence);
  Kappa result{{}, error, t.observed, t.expected, zero_test(method, kappa, none / double(n), n)};
  result.estimate =
      error > 1e-12 ? make_estimate(kappa, around(kappa, normal_quantile(0.5 + confidence / 2) * error), n, interval)
                    : make_estimate(kappa, std::nullopt, n, interval, "the standard error is 0");
  return result;
}

namespace {

/// Readings per case; Error{bad_values} where they differ.
int64_t readers_of(const std::vector<std::vector<int64_t>>& counts) {
  int64_t readers = -1;
  for (size_t i = 0; i < counts.size(); ++i) {
    const int64_t here = std::accumulate(counts[i].begin(), counts[i].end(), int64_t(0));
    if (readers < 0) readers = here;
    if (here != readers || here < 2 || counts[i].size() != counts[0].size())
      throw Error(
          ErrorCode::bad_values,
          fmt::format("case {} has {} readings and case 1 has {}; Fleiss' kappa needs the same number, at least "
                      "two, for each case",
                      i + 1,
                      here,
                      readers));
  }
  return readers;
}

/// Variance under no agreement (Fleiss, Nee and Landis 1979, equation 12).
double null_variance(const std::vector<double>& share, double cases, double readers) {
  double spread = 0, skew = 0;
  for (double p : share) {
    spread += p * (1 - p);
    skew += p * (1 - p) * (1 - 2 * p);
  }
  return 2 * (spread * spread - skew) / (cases * readers * (readers - 1) * spread * spread);
}

}  // namespace

Kappa fleiss_kappa(const std::vector<std::vector<int64_t>>& counts, double confidence) {
  const std::string method = "Fleiss' kappa";
  if (counts.empty()) return without_value(method, 0, "there is no case that all have read");
  const double readers = double(readers_of(counts)), cases = double(counts.size());
  const auto n = int64_t(counts.size());
  std::vector<double> share(counts[0].size(), 0.0), agreement, chance;
  for (const auto& row : counts)
    for (size_t c = 0; c < row.size(); ++c) share[c] += double(row[c]) / (readers * cases);
  double observed = 0, expected = 0;
  for (double p : share) expected += p * p;
  if (1 - expected < 1e-12) return without_value(method, n, "every reading gives one and the same class");
  for (const auto& row : counts) {
    double pairs = 0, mean_share = 0;
    for (size_t c = 0; c < row.size(); ++c) {
      pairs += double(row[c]) * double(row[c] - 1);
      mean_share += share[c] * double(row[c]) / readers;
    }
    agreement.push_back(pairs / (readers * (readers - 1)));
    chance.push_back(mean_share);
    observed += agreement.back() / cases;
  }
  const double kappa = (observed - expected) / (1 - expected);
  Kappa result{{}, {}, observed, expected, zero_test(method, kappa, null_variance(share, cases, readers), n)};
  const std::string interval = method_name(method + ", Gwet", confidence);
  if (n < 2) {
    result.estimate = make_estimate(kappa, std::nullopt, n, interval, "a single case has no variance");
    return result;
  }
  double squares = 0;
  for (size_t i = 0; i < counts.size(); ++i) {
    const double own =
        (agreement[i] - expected) / (1 - expected) - 2 * (1 - kappa) * (chance[i] - expected) / (1 - expected);
    squares += (own - kappa) * (own - kappa);
  }
  const double error = std::sqrt(squares / (cases * (cases - 1)));
  result.standard_error = error;
  result.estimate =
      error > 1e-12
          ? make_estimate(kappa, around(kappa, student_quantile(0.5 + confidence / 2, cases - 1) * error), n, interval)
          : make_estimate(kappa, std::nullopt, n, interval, "the standard error is 0");
  return result;
}

}  // namespace hepatica::stats
