#include "stats/coxnet_validation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "base/rng.h"
#include "base/threads.h"
#include "stats/distributions.h"
#include "stats/proportion.h"

namespace hepatica::stats {
namespace {

std::vector<size_t> cases_where(std::span<const uint32_t> fold, uint32_t number, bool inside) {
  std::vector<size_t> cases;
  for (size_t i = 0; i < fold.size(); ++i)
    if ((fold[i] == number) == inside) cases.push_back(i);
  return cases;
}

std::vector<uint32_t> take(std::span<const uint32_t> values, std::span<const size_t> cases) {
  std::vector<uint32_t> taken;
  if (!values.empty())
    for (const size_t i : cases) taken.push_back(values[i]);
  return taken;
}

std::vector<double> predictors(const Matrix& covariates, std::span<const double> beta) {
  std::vector<double> eta(covariates.rows);
  for (size_t i = 0; i < eta.size(); ++i) eta[i] = dot(covariates.row(i), beta);
  return eta;
}

/// Deviance per event of one fold at each penalty; empty where it takes no part.
struct FoldError {
  double events = 0;
  std::vector<double> deviance;
};

FoldError fold_error(const SurvivalData& data,
                     const Matrix& covariates,
                     const CoxnetOptions& options,
                     std::span<const uint32_t> fold,
                     uint32_t number) {
  const std::vector<size_t> others = cases_where(fold, number, false);
  const SurvivalData train = cases_of(data, others);
  const int64_t events = data.events() - train.events();
  if (events == 0 || train.events() == 0) return {};
  const Matrix x = rows_of(covariates, others);
  FoldError error{double(events), {}};
  for (const CoxnetStep& step : coxnet_path(train, x, options).steps) {
    const double with = partial_deviance(data, predictors(covariates, step.beta));
    const double without = partial_deviance(train, predictors(x, step.beta));
    error.deviance.push_back((with - without) / double(events));
  }
  return error;
}

CoxnetError mean_error(double lambda, size_t at, const std::vector<FoldError>& folds) {
  double events = 0, sum = 0, squares = 0, count = 0;
  for (const FoldError& fold : folds) {
    if (fold.deviance.empty()) continue;
    events += fold.events;
    sum += fold.events * fold.deviance[at];
    count += 1;
  }
  CoxnetError error{lambda, sum / events, 0};
  for (const FoldError& fold : folds)
    if (!fold.deviance.empty())
      squares += fold.events * (fold.deviance[at] - error.deviance) * (fold.deviance[at] - error.deviance);
  error.standard_error = count > 1 ? std::sqrt(squares / events / (count - 1)) : 0;
  return error;
}

/// Shares cases out, one group after the other, by falling size of the group (those of equal size in random order).
std::vector<uint32_t> groups_by_size(std::span<const uint32_t> group, uint64_t seed) {
  const uint32_t count = *std::ranges::max_element(group) + 1;
  std::vector<size_t> size(count);
  for (const uint32_t g : group) size[g] += 1;
  std::vector<uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0u);
  Rng(seed).shuffle(order);
  std::ranges::stable_sort(order, std::greater(), [&](uint32_t g) { return size[g]; });
  return order;
}

Estimate mean_of_folds(const std::vector<OuterFold>& folds, double confidence) {
  std::vector<double> values;
  for (const OuterFold& fold : folds)
    if (fold.harrell.estimate.value) values.push_back(*fold.harrell.estimate.value);
  const int64_t n = int64_t(values.size());
  if (values.empty()) return undefined(0, "no fold has cases that can be compared");
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / double(n);
  const std::string method = method_name("mean of folds, Student's t", confidence);
  if (n < 2) return make_estimate(mean, std::nullopt, n, method, "one fold has no spread");
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  const double half =
      student_quantile(0.5 + confidence / 2, double(n - 1)) * std::sqrt(squares / double(n - 1) / double(n));
  return make_estimate(mean, Interval{mean - half, mean + half}, n, method);
}

}  // namespace

std::vector<uint32_t> grouped_folds(std::span<const uint32_t> group,
                                    const SurvivalData& data,
                                    int folds,
                                    uint64_t seed) {
  const std::vector<uint32_t> order = groups_by_size(group, seed);
  if (int(order.size()) < folds || folds < 2)
    throw Error(ErrorCode::bad_values,
                fmt::format("{} groups cannot make {} folds; ask for 2 to {}", order.size(), folds, order.size()));
  std::vector<int64_t> group_events(order.size()), group_size(order.size());
  for (size_t i = 0; i < group.size(); ++i) {
    group_events[group[i]] += data.event[i];
    group_size[group[i]] += 1;
  }
  std::vector<std::pair<int64_t, int64_t>> held(size_t(folds), {0, 0});  // events, cases
  std::vector<uint32_t> fold_of_group(order.size());
  for (const uint32_t g : order) {
    const auto emptiest = std::ranges::min_element(held);
    emptiest->first += group_events[g];
    emptiest->second += group_size[g];
    fold_of_group[g] = uint32_t(emptiest - held.begin());
  }
  std::vector<uint32_t> fold;
  for (const uint32_t g : group) fold.push_back(fold_of_group[g]);
  return fold;
}

CoxnetCrossValidation cross_validate_coxnet(const SurvivalData& data,
                                            const Matrix& covariates,
                                            const CoxnetOptions& options,
                                            std::span<const uint32_t> fold) {
  CoxnetCrossValidation result{options.alpha, coxnet_path(data, covariates, options), {}, 0, 0};
  CoxnetOptions same = options;
  same.lambda.clear();
  for (const CoxnetStep& step : result.path.steps) same.lambda.push_back(step.lambda);
  std::vector<FoldError> folds;
  for (uint32_t number = 0; number <= *std::ranges::max_element(fold); ++number)
    folds.push_back(fold_error(data, covariates, same, fold, number));
  if (std::ranges::all_of(folds, [](const FoldError& f) { return f.deviance.empty(); }))
    throw Error(ErrorCode::bad_values, "all events are in one fold; use other folds, or a given penalty");
  for (size_t k = 0; k < result.path.steps.size(); ++k)
    result.errors.push_back(mean_error(result.path.steps[k].lambda, k, folds));
  result.least = size_t(std::ranges::min_element(result.errors, {}, &CoxnetError::deviance) - result.errors.begin());
  const double bound = result.errors[result.least].deviance + result.errors[result.least].standard_error;
  while (result.errors[result.one_standard_error].deviance > bound) ++result.one_standard_error;
  return result;
}

std::vector<double> ChosenCoxnet::linear_predictors(const Matrix& covariates) const {
  std::vector<double> eta = predictors(covariates, beta);
  const double at_means = dot(means, beta);
  for (double& value : eta) value -= at_means;
  return eta;
}

ChosenCoxnet choose_coxnet(const SurvivalData& data,
                           const Matrix& covariates,
                           const CoxnetSearch& search,
                           std::span<const uint32_t> group) {
  if (search.alphas.empty()) throw Error(ErrorCode::bad_values, "no alpha is given; give at least one");
  std::vector<uint32_t> own(data.size());
  std::iota(own.begin(), own.end(), 0u);
  std::vector<uint32_t> numbers(group.begin(), group.end());
  std::ranges::sort(numbers);
  const auto distinct = std::unique(numbers.begin(), numbers.end()) - numbers.begin();
  std::vector<uint32_t> dense;
  for (const uint32_t g : group)
    dense.push_back(uint32_t(std::lower_bound(numbers.begin(), numbers.begin() + distinct, g) - numbers.begin()));
  const std::vector<uint32_t> fold =
      grouped_folds(distinct < search.folds ? own : dense, data, search.folds, search.seed);
  std::optional<ChosenCoxnet> best;
  for (const double alpha : search.alphas) {
    CoxnetOptions options = search.options;
    options.alpha = alpha;
    CoxnetCrossValidation validation = cross_validate_coxnet(data, covariates, options, fold);
    if (best &&
        best->validation.errors[best->validation.least].deviance <= validation.errors[validation.least].deviance)
      continue;
    const size_t step = search.choice == Choice::least ? validation.least : validation.one_standard_error;
    best = ChosenCoxnet{validation, step, validation.path.steps[step].beta, validation.path.means};
  }
  return *best;
}

NestedValidation nested_coxnet(const SurvivalData& data,
                               const Matrix& covariates,
                               const CoxnetSearch& search,
                               std::span<const uint32_t> outer_fold,
                               std::span<const uint32_t> group,
                               double confidence) {
  check_covariates(data, covariates);
  NestedValidation result;
  result.folds.resize(size_t(*std::ranges::max_element(outer_fold)) + 1);
  result.risk.resize(data.size());
  parallel_for(result.folds.size(), [&](size_t number) {
    const std::vector<size_t> inside = cases_where(outer_fold, uint32_t(number), true);
    const std::vector<size_t> others = cases_where(outer_fold, uint32_t(number), false);
    const ChosenCoxnet model =
        choose_coxnet(cases_of(data, others), rows_of(covariates, others), search, take(group, others));
    const std::vector<double> risk = model.linear_predictors(rows_of(covariates, inside));
    const SurvivalData held_out = cases_of(data, inside);
    const CoxnetStep& step = model.validation.path.steps[model.step];
    for (size_t i = 0; i < inside.size(); ++i) result.risk[inside[i]] = risk[i];
    result.folds[number] = {int64_t(inside.size()),
                            held_out.events(),
                            model.validation.alpha,
                            step.lambda,
                            step.nonzero,
                            harrell_c(held_out, risk, {}, confidence)};
  });
  result.pooled = harrell_c(data, result.risk, outer_fold, confidence);
  result.mean = mean_of_folds(result.folds, confidence);
  return result;
}

}  // namespace hepatica::stats
