#include "evaluate/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/error.h"
#include "evaluate/evaluation_cases.h"
#include "evaluate/method_match.h"
#include "stats/classification_cases.h"
#include "stats/roc.h"

namespace hepatica {
namespace {

constexpr double kLogFloor = 1e-15;  // as in ClassificationOptions

std::vector<uint8_t> right_of(const stats::Predictions& p) {
  std::vector<uint8_t> right;
  for (size_t i = 0; i < p.size(); ++i) right.push_back(p.truth[i] == p.predicted[i]);
  return right;
}

std::vector<double> numbers_of(const std::vector<uint8_t>& flags) { return {flags.begin(), flags.end()}; }

stats::Share share_of(const std::vector<uint8_t>& right) {
  return {int64_t(std::count(right.begin(), right.end(), uint8_t(1))), int64_t(right.size())};
}

/// Brier score and log loss of each case: their means are the statistics of that name.
std::vector<double> brier_of_cases(const stats::Predictions& p, int positive) {
  const size_t k = p.classes.size();
  std::vector<double> values;
  for (size_t i = 0; i < p.size(); ++i) {
    double sum = 0;
    for (size_t c = 0; c < k; ++c) {
      const double gap = p.probability[i * k + c] - (p.truth[i] == int(c) ? 1 : 0);
      if (k > 2 || int(c) == positive) sum += gap * gap;
    }
    values.push_back(sum);
  }
  return values;
}

std::vector<double> log_loss_of_cases(const stats::Predictions& p) {
  std::vector<double> values;
  for (size_t i = 0; i < p.size(); ++i)
    values.push_back(-std::log(std::max(kLogFloor, p.probability[i * p.classes.size() + size_t(p.truth[i])])));
  return values;
}

/// Classes whose AUC is compared, with the name of the statistic.
std::vector<std::pair<size_t, std::string>> auc_names(const stats::Predictions& p, int positive) {
  if (p.classes.size() == 2) return {{size_t(positive), "auc"}};
  std::vector<std::pair<size_t, std::string>> names;
  for (size_t c = 0; c < p.classes.size(); ++c) names.emplace_back(c, p.classes[c] + ":auc");
  return names;
}

ComparedTest of_delong(const std::string& metric, const stats::AucComparison& comparison, int64_t n) {
  ComparedTest result{
      metric, stats::undefined_outcome("DeLong", n, comparison.difference.reason), comparison.difference, {}, {}};
  if (comparison.p) result.test = {"DeLong", comparison.z, {}, comparison.p, {}, n, ""};
  if (!comparison.p && result.test.reason.empty()) result.test.reason = "the difference of the AUCs does not vary";
  return result;
}

/// The pair as one of the same kind of output: without scores where one has none.
struct Pair {
  stats::Predictions first, second;
};

Pair pair_of(const PredictionTable& a, const PredictionTable& b, std::vector<std::string>& warnings) {
  Pair pair{a.predictions, b.predictions};
  if (pair.first.probability.empty() == pair.second.probability.empty()) return pair;
  warnings.push_back(fmt::format("{} has no scores, so that it is compared with {} by its predictions alone",
                                 pair.first.probability.empty() ? a.file : b.file,
                                 pair.first.probability.empty() ? b.file : a.file));
  pair.first.probability.clear();
  pair.second.probability.clear();
  return pair;
}

void add_mcnemar(const stats::PairedCounts& counts, double confidence, std::vector<ComparedTest>& tests) {
  const stats::Estimate difference = stats::paired_proportion_difference(counts, confidence);
  for (const stats::Test& test :
       {stats::mcnemar_exact(counts), stats::mcnemar_mid_p(counts), stats::mcnemar_chi_square(counts)})
    tests.push_back({"accuracy", test, difference, {}, {}});
}

void add_paired_t(const Pair& pair, int positive, double confidence, std::vector<ComparedTest>& tests) {
  const auto add = [&](const std::string& metric, const std::vector<double>& a, const std::vector<double>& b) {
    const stats::DifferenceTest outcome = stats::paired_t(a, b, confidence);
    tests.push_back({metric, outcome.test, outcome.difference, {}, {}});
  };
  add("accuracy", numbers_of(right_of(pair.first)), numbers_of(right_of(pair.second)));
  if (pair.first.probability.empty()) return;
  add("brier", brier_of_cases(pair.first, positive), brier_of_cases(pair.second, positive));
  add("log_loss", log_loss_of_cases(pair.first), log_loss_of_cases(pair.second));
}

void add_delong(const Pair& pair, int positive, double confidence, std::vector<ComparedTest>& tests) {
  if (pair.first.probability.empty()) return;
  for (const auto& [c, name] : auc_names(pair.first, positive))
    tests.push_back(of_delong(name,
                              stats::compare_auc(stats::probabilities_of(pair.first, c),
                                                 stats::probabilities_of(pair.second, c),
                                                 stats::is_class(pair.first.truth, c),
                                                 confidence),
                              int64_t(pair.first.size())));
}

void add_permutation(const Pair& pair,
                     const stats::Sampling& sampling,
                     const stats::ClassificationOptions& classification,
                     const stats::BootstrapOptions& options,
                     PairComparison& result) {
  std::vector<std::string> names{"accuracy", "balanced_accuracy", "macro_f1"};
  const bool binary = pair.first.classes.size() == 2;
  if (binary) names.insert(names.end(), {"sensitivity", "specificity"});
  if (!pair.first.probability.empty()) names.insert(names.end(), {binary ? "auc" : "auc_macro", "brier", "log_loss"});
  const auto tests = stats::permutation_tests(pair.first, pair.second, sampling, classification, names, options);
  for (size_t i = 0; i < names.size(); ++i) {
    const auto metric = std::find_if(
        result.metrics.begin(), result.metrics.end(), [&](const auto& one) { return one.name == names[i]; });
    result.tests.push_back({names[i], tests[i], metric->difference, {}, {}});
  }
}

ClaimCheck claim_of(const PairComparison& pair) {
  const stats::PairedCounts& c = *pair.counts;
  if (c.only_second > c.only_first)
    return {pair.second, pair.first, stats::false_claim_probability(double(c.only_second), double(c.only_first))};
  return {pair.first, pair.second, stats::false_claim_probability(double(c.only_first), double(c.only_second))};
}

Comparison started(const std::string& mode, const std::vector<PredictionTable>& tables, int positive) {
  Comparison result;
  result.mode = mode;
  std::vector<std::string> files;
  for (const PredictionTable& table : tables) files.push_back(table.file);
  const std::vector<std::string> names = method_names(files);
  for (size_t t = 0; t < tables.size(); ++t)
    result.methods.push_back(
        {names[t], int64_t(tables[t].case_ids.size()), tables[t].file, tables[t].sha256, tables[t].scores});
  result.classes = tables[0].predictions.classes;
  if (result.classes.size() == 2) result.positive = result.classes[size_t(positive)];
  return result;
}

void check_number(const std::vector<PredictionTable>& tables) {
  if (tables.size() < 2)
    throw Error(ErrorCode::bad_manifest, "a comparison needs two tables of predictions or more; name another file");
}

stats::Sampling sampling_of(const PredictionTable& table, const std::string& cluster) {
  return class_sampling(table.predictions, cluster.empty() ? table.case_ids : table.column(cluster).values);
}

void warn_of_clusters(const stats::Sampling& sampling, int64_t cases, std::vector<std::string>& warnings) {
  const auto clusters = int64_t(sampling.stratum_of_cluster.size());
  if (clusters < cases)
    warnings.push_back(
        fmt::format("{} cases of {} patients: McNemar's, DeLong's and the t tests take cases as independent; the "
                    "bootstrap and the permutation tests keep a patient's cases together",
                    cases,
                    clusters));
}

}  // namespace

void adjust_tests(std::vector<PairComparison>& pairs) {
  std::vector<ComparedTest*> with_p;
  std::vector<double> p;
  for (PairComparison& pair : pairs)
    for (ComparedTest& test : pair.tests)
      if (test.test.p) with_p.push_back(&test), p.push_back(*test.test.p);
  const std::vector<double> holm = stats::holm(p), bh = stats::benjamini_hochberg(p);
  for (size_t i = 0; i < p.size(); ++i) {
    with_p[i]->holm = holm[i];
    with_p[i]->benjamini_hochberg = bh[i];
  }
}

Comparison compare_paired(const std::vector<PredictionTable>& given, const ComparisonOptions& options) {
  check_number(given);
  const std::vector<PredictionTable> tables = same_cases(same_classes(given));
  stats::ClassificationOptions classification;
  classification.positive = positive_class(tables[0].predictions.classes, options.positive, tables[0].file);
  const double confidence = options.bootstrap.confidence;
  const stats::Sampling sampling = sampling_of(tables[0], options.cluster);
  Comparison result = started("paired", tables, classification.positive);
  warn_of_clusters(sampling, result.methods[0].n, result.warnings);
  for (size_t a = 0; a < tables.size(); ++a)
    for (size_t b = a + 1; b < tables.size(); ++b) {
      const Pair pair = pair_of(tables[a], tables[b], result.warnings);
      PairComparison one{result.methods[a].name, result.methods[b].name, {}, {}, {}, {}};
      one.counts = stats::paired_counts(right_of(pair.first), right_of(pair.second));
      one.metrics = stats::bootstrap_differences(pair.first, pair.second, sampling, classification, options.bootstrap);
      add_mcnemar(*one.counts, confidence, one.tests);
      add_delong(pair, classification.positive, confidence, one.tests);
      add_permutation(pair, sampling, classification, options.bootstrap, one);
      add_paired_t(pair, classification.positive, confidence, one.tests);
      one.claim = claim_of(one);
      result.pairs.push_back(std::move(one));
    }
  adjust_tests(result.pairs);
  return result;
}

namespace {

/// Cases of two groups that should have none in common.
void check_distinct(const PredictionTable& a, const PredictionTable& b) {
  const std::set<std::string> known(a.case_ids.begin(), a.case_ids.end());
  FaultList faults;
  for (const std::string& id : b.case_ids)
    if (known.count(id))
      faults.add(
          fmt::format("{}: case '{}' is also in {}; an unpaired comparison needs different cases, so leave "
                      "--unpaired out or leave the case out of one",
                      b.file,
                      id,
                      a.file));
  faults.raise();
}

PairComparison unpaired(const PredictionTable& a,
                        const PredictionTable& b,
                        const Pair& pair,
                        const stats::ClassificationOptions& classification,
                        const ComparisonOptions& options) {
  const double confidence = options.bootstrap.confidence;
  PairComparison one;
  const auto add = [&](const std::string& metric, const stats::DifferenceTest& outcome) {
    one.tests.push_back({metric, outcome.test, outcome.difference, {}, {}});
  };
  const std::vector<uint8_t> first = right_of(pair.first), second = right_of(pair.second);
  add("accuracy", stats::student_t(numbers_of(first), numbers_of(second), confidence));
  add("accuracy", stats::welch_t(numbers_of(first), numbers_of(second), confidence));
  const stats::DifferenceTest proportions = stats::compare_proportions(share_of(first), share_of(second), confidence);
  add("accuracy", proportions);
  add("accuracy", {stats::fisher_exact(share_of(first), share_of(second)), proportions.difference});
  if (!pair.first.probability.empty())
    for (const auto& [c, name] : auc_names(pair.first, classification.positive))
      add(name,
          stats::compare_independent_auc(stats::probabilities_of(pair.first, c),
                                         stats::is_class(pair.first.truth, c),
                                         stats::probabilities_of(pair.second, c),
                                         stats::is_class(pair.second.truth, c),
                                         confidence));
  one.metrics = stats::bootstrap_independent_differences(pair.first,
                                                         sampling_of(a, options.cluster),
                                                         pair.second,
                                                         sampling_of(b, options.cluster),
                                                         classification,
                                                         options.bootstrap);
  return one;
}

}  // namespace

Comparison compare_unpaired(const std::vector<PredictionTable>& given, const ComparisonOptions& options) {
  check_number(given);
  const std::vector<PredictionTable> tables = same_classes(given);
  stats::ClassificationOptions classification;
  classification.positive = positive_class(tables[0].predictions.classes, options.positive, tables[0].file);
  Comparison result = started("unpaired", tables, classification.positive);
  for (size_t t = 0; t < tables.size(); ++t)
    warn_of_clusters(sampling_of(tables[t], options.cluster), result.methods[t].n, result.warnings);
  for (size_t a = 0; a < tables.size(); ++a)
    for (size_t b = a + 1; b < tables.size(); ++b) {
      check_distinct(tables[a], tables[b]);
      PairComparison one =
          unpaired(tables[a], tables[b], pair_of(tables[a], tables[b], result.warnings), classification, options);
      one.first = result.methods[a].name;
      one.second = result.methods[b].name;
      result.pairs.push_back(std::move(one));
    }
  adjust_tests(result.pairs);
  return result;
}

}  // namespace hepatica
