// The bootstrap of all metrics, and DeLong's interval. bench/peers/sklearn_bootstrap.py times scikit-learn's share.
#include <benchmark/benchmark.h>

#include <algorithm>

#include "base/rng.h"
#include "base/threads.h"
#include "stats/classification.h"
#include "stats/roc.h"

namespace hepatica::stats {
namespace {

Predictions cohort(int patients, int classes) {
  Rng rng(7);
  Predictions p;
  for (int c = 0; c < classes; ++c) p.classes.push_back(std::string(1, char('a' + c)));
  for (int i = 0; i < patients; ++i) {
    const int truth = int(rng.integer(0, classes - 1));
    std::vector<double> scores;
    double sum = 0;
    for (int c = 0; c < classes; ++c) sum += scores.emplace_back(rng.gamma(c == truth ? 2 : 1));
    for (double& score : scores) p.probability.push_back(score / sum);
    p.truth.push_back(truth);
    p.predicted.push_back(int(std::max_element(scores.begin(), scores.end()) - scores.begin()));
  }
  return p;
}

void bootstrap_of_all_metrics(benchmark::State& state) {
  set_thread_count(int(state.range(0)));
  const Predictions p = cohort(1308, 3);
  for (auto _ : state)
    benchmark::DoNotOptimize(estimate_all(p, independent_cases(p.size()), {}, {10000, 1, 0.95}).size());
}
BENCHMARK(bootstrap_of_all_metrics)
    ->Arg(1)
    ->Arg(2)
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime();

void delong(benchmark::State& state) {
  Rng rng(3);
  std::vector<double> scores;
  std::vector<uint8_t> is;
  for (int i = 0; i < 100000; ++i) {
    is.push_back(rng.chance(0.4));
    scores.push_back(rng.normal(is.back(), 1));
  }
  for (auto _ : state) benchmark::DoNotOptimize(auc_delong(scores, is).value);
}
BENCHMARK(delong)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace hepatica::stats
