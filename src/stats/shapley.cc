#include "stats/shapley.h"

#include <fmt/format.h>

#include <bit>

#include "base/error.h"
#include "stats/roc.h"

namespace hepatica::stats {
namespace {

size_t players_of(size_t subsets) {
  const size_t players = subsets == 0 ? 0 : size_t(std::countr_zero(subsets));
  if (players < 1 || players > kMostPlayers || subsets != size_t(1) << players)
    throw Error(
        ErrorCode::bad_values,
        fmt::format(
            "Shapley values need a value of each subset of 1 to {} players; {} were given", kMostPlayers, subsets));
  return players;
}

/// |S|! (P - |S| - 1)! / P! for each size of S.
std::vector<double> weights_of(size_t players) {
  std::vector<double> weights(players);
  weights[0] = 1.0 / double(players);
  for (size_t size = 1; size < players; ++size)
    weights[size] = weights[size - 1] * double(size) / double(players - size);
  return weights;
}

/// Ranks the cases by each class whose AUC counts.
std::vector<RankedScores> rankings_of(const Predictions& p, int positive) {
  const size_t classes = p.classes.size();
  const std::vector<double>& scores = p.ranking.empty() ? p.probability : p.ranking;
  std::vector<RankedScores> rankings;
  for (size_t c = 0; c < classes; ++c) {
    if (classes == 2 && int(c) != positive) continue;
    std::vector<double> of_class;
    std::vector<uint8_t> is_class;
    for (size_t i = 0; i < p.size(); ++i) {
      of_class.push_back(scores[i * classes + c]);
      is_class.push_back(p.truth[i] == int(c));
    }
    rankings.emplace_back(of_class, std::move(is_class));
  }
  return rankings;
}

double mean_auc(const std::vector<RankedScores>& rankings, std::span<const uint32_t> weights) {
  double sum = 0;
  for (const RankedScores& ranking : rankings) sum += ranking.weighted(weights).auc;
  return sum / double(rankings.size());
}

}  // namespace

std::vector<double> shapley_values(std::span<const double> values) {
  const size_t players = players_of(values.size());
  const std::vector<double> weights = weights_of(players);
  std::vector<double> shares(players, 0.0);
  for (size_t subset = 0; subset < values.size(); ++subset)
    for (size_t i = 0; i < players; ++i) {
      const size_t joined = subset | size_t(1) << i;
      if (joined != subset) shares[i] += weights[size_t(std::popcount(subset))] * (values[joined] - values[subset]);
    }
  return shares;
}

AucShapley auc_shapley(std::span<const Predictions> subsets,
                       int positive,
                       const Sampling& sampling,
                       const BootstrapOptions& options) {
  const size_t players = players_of(subsets.size());
  std::vector<std::vector<RankedScores>> rankings(1);
  for (size_t s = 1; s < subsets.size(); ++s) {
    if (subsets[s].truth != subsets[1].truth || subsets[s].classes != subsets[1].classes)
      throw Error(ErrorCode::bad_values, "the predictions of two subsets of inputs are of different cases");
    rankings.push_back(rankings_of(subsets[s], positive));
  }
  const auto statistics = [&](std::span<const uint32_t> weights, std::span<double> values) {
    const std::span<double> aucs = values.subspan(players);
    aucs[0] = 0.5;
    for (size_t s = 1; s < rankings.size(); ++s) aucs[s] = mean_auc(rankings[s], weights);
    const std::vector<double> shares = shapley_values(aucs);
    std::copy(shares.begin(), shares.end(), values.begin());
  };
  const Bootstrap bootstrap(statistics, players + subsets.size(), sampling, options);
  const auto n = int64_t(subsets[1].size());
  AucShapley result;
  for (size_t i = 0; i < players; ++i) result.values.push_back(bootstrap.best(i, n));
  result.aucs.push_back(make_estimate(0.5, std::nullopt, n, "by definition"));
  for (size_t s = 1; s < subsets.size(); ++s) result.aucs.push_back(bootstrap.best(players + s, n));
  return result;
}

}  // namespace hepatica::stats
