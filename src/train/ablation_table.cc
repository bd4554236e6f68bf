#include "train/ablation_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "stats/classification.h"
#include "stats/paired_difference.h"
#include "stats/roc.h"

namespace hepatica::train {
namespace {

using nlohmann::json;
using Patients = std::map<std::string, PatientProbabilities>;

/// A question with the statistics that are told of it.
struct Question {
  std::string name;
  std::vector<std::string> classes, statistics;
  std::optional<size_t> side;  ///< index of the class whose types are asked for
};

std::vector<Question> questions_of(const Hierarchy& hierarchy) {
  std::vector<Question> questions{{"benign_malignant", {}, {"auc", "accuracy"}, std::nullopt}};
  for (size_t c = 0; c < hierarchy.classes.size(); ++c) {
    const auto& [name, types] = hierarchy.classes[c];
    questions.front().classes.push_back(name);
    if (types.size() > 1) questions.push_back({name, types, {"auc_macro", "accuracy"}, c});
  }
  if (hierarchy.classes.size() > 2) questions.front().statistics.front() = "auc_macro";
  questions.push_back({"types", hierarchy.types(), {"auc_macro", "accuracy"}, std::nullopt});
  return questions;
}

/// A patient's probabilities for a question; empty where it is not told or not asked of this patient.
const std::vector<double>& answer(const Question& question, const Hierarchy& hierarchy, const PatientProbabilities& p) {
  static const std::vector<double> none;
  if (question.name == "types") return p.types;
  if (!question.side) return p.first;
  return hierarchy.class_of(p.truth) == *question.side ? p.within[*question.side] : none;
}

int truth_of(const Question& question, const Hierarchy& hierarchy, const PatientProbabilities& p) {
  if (question.name != "types" && !question.side) return int(hierarchy.class_of(p.truth));
  return int(std::find(question.classes.begin(), question.classes.end(), p.truth) - question.classes.begin());
}

/// Means over the seeds; empty where a seed does not tell, or no patient is asked for.
stats::Predictions predictions_of(const Question& question,
                                  const Hierarchy& hierarchy,
                                  const std::vector<const Patients*>& seeds) {
  stats::Predictions all;
  all.classes = question.classes;
  for (const auto& [name, patient] : *seeds.front()) {
    std::vector<double> mean(question.classes.size());
    bool told = true;
    for (const Patients* seed : seeds) {
      const std::vector<double>& own = answer(question, hierarchy, seed->at(name));
      told = told && !own.empty();
      for (size_t c = 0; c < own.size(); ++c) mean[c] += own[c] / double(seeds.size());
    }
    if (!told) continue;
    all.truth.push_back(truth_of(question, hierarchy, patient));
    all.predicted.push_back(int(std::max_element(mean.begin(), mean.end()) - mean.begin()));
    double sum = 0;
    for (const double p : mean) sum += p;
    for (const double p : mean) all.probability.push_back(p / sum);
  }
  return all;
}

double value_of(const stats::Predictions& predictions, const std::string& statistic) {
  const stats::ClassificationStatistics all(predictions, {});
  std::vector<double> values(all.names().size());
  all.compute(std::vector<uint32_t>(predictions.size(), 1), values);
  const auto found = std::find(all.names().begin(), all.names().end(), statistic);
  return values[size_t(found - all.names().begin())];
}

std::vector<double> column(const stats::Predictions& p, size_t c) {
  std::vector<double> values;
  for (size_t i = 0; i < p.size(); ++i) values.push_back(p.probability[i * p.classes.size() + c]);
  return values;
}

stats::Test delong(const stats::Predictions& first, const stats::Predictions& second) {
  std::vector<uint8_t> positive;
  for (const int truth : first.truth) positive.push_back(truth == 1);
  const auto n = int64_t(first.size());
  const auto found = std::count(positive.begin(), positive.end(), 1);
  if (found == 0 || found == n) return stats::undefined_outcome("DeLong", n, "one class has no patient");
  const stats::AucComparison comparison = stats::compare_auc(column(first, 1), column(second, 1), positive);
  stats::Test test{"DeLong", comparison.z, std::nullopt, comparison.p, std::nullopt, n, ""};
  if (!test.p) test.reason = "the difference does not vary";
  return test;
}

/// Mean and standard deviation of single seeds.
void add_seeds(AblationCell& cell, const std::vector<double>& values) {
  double mean = 0, squares = 0;
  for (const double value : values) mean += value / double(values.size());
  for (const double value : values) squares += (value - mean) * (value - mean);
  if (!std::isfinite(mean)) return;
  cell.seed_mean = mean;
  if (values.size() > 1) cell.seed_sd = std::sqrt(squares / double(values.size() - 1));
}

using Seeds = std::vector<const Patients*>;

class Table {
 public:
  Table(const Hierarchy& hierarchy, const stats::BootstrapOptions& options)
      : hierarchy_(hierarchy), options_(options) {}

  std::vector<AblationCell> cells(const Seeds& seeds, const Seeds& reference) const {
    std::vector<AblationCell> all;
    for (const Question& question : questions_of(hierarchy_)) {
      const stats::Predictions mine = predictions_of(question, hierarchy_, seeds);
      if (mine.size() == 0) continue;
      const auto estimates = stats::estimate_all(mine, stats::independent_cases(mine.size()), {}, options_);
      for (const std::string& statistic : question.statistics) {
        AblationCell cell;
        cell.metric = question.name + ":" + statistic;
        for (const stats::NamedEstimate& estimate : estimates)
          if (estimate.name == statistic) cell.value = estimate.estimate;
        std::vector<double> single;
        for (const Patients* seed : seeds)
          single.push_back(value_of(predictions_of(question, hierarchy_, {seed}), statistic));
        add_seeds(cell, single);
        compare(cell, question, statistic, mine, reference);
        all.push_back(std::move(cell));
      }
    }
    return all;
  }

 private:
  void compare(AblationCell& cell,
               const Question& question,
               const std::string& statistic,
               const stats::Predictions& mine,
               const Seeds& reference) const {
    const auto n = int64_t(mine.size());
    const auto leave_out = [&](const std::string& reason) {
      cell.difference = stats::undefined(n, reason);
      cell.test = stats::undefined_outcome("", n, reason);
    };
    if (reference.empty()) return leave_out("this is the first variant, or that one failed");
    const stats::Predictions other = predictions_of(question, hierarchy_, reference);
    if (other.truth != mine.truth) return leave_out("the first variant does not tell this");
    const auto sampling = stats::independent_cases(mine.size());
    for (const auto& difference : stats::bootstrap_differences(mine, other, sampling, {}, options_))
      if (difference.name == statistic) cell.difference = difference.difference;
    cell.test = statistic == "auc" ? delong(mine, other)
                                   : stats::permutation_tests(mine, other, sampling, {}, {statistic}, options_).front();
  }

  const Hierarchy& hierarchy_;
  const stats::BootstrapOptions& options_;
};

void adjust(std::vector<AblationRow>& rows) {
  std::vector<double> p;
  for (const AblationRow& row : rows)
    for (const AblationCell& cell : row.cells)
      if (cell.test.p) p.push_back(*cell.test.p);
  const std::vector<double> adjusted = stats::holm(p);
  size_t next = 0;
  for (AblationRow& row : rows)
    for (AblationCell& cell : row.cells)
      if (cell.test.p) cell.holm = adjusted[next++];
}

std::string number(const std::optional<double>& value, const char* form = "{:.4f}") {
  return value ? fmt::format(fmt::runtime(form), *value) : "";
}

std::string quoted(const std::string& text) {
  std::string out(1, '"');
  for (const char c : text) out.append(c == '"' ? 2 : 1, c);
  out.push_back('"');
  return out;
}

std::string markdown_cell(const AblationCell& cell) {
  std::string text = stats::text_from_estimate(cell.value);
  if (cell.difference.value)
    text += fmt::format("; {:+.3f}, p {}", *cell.difference.value, cell.holm ? fmt::format("{:.3f}", *cell.holm) : "-");
  return text;
}

}  // namespace

std::vector<AblationRow> ablation_table(const Hierarchy& hierarchy,
                                        const std::vector<AblationRun>& runs,
                                        const stats::BootstrapOptions& options) {
  const Table table(hierarchy, options);
  std::vector<AblationRow> rows;
  std::vector<Seeds> finished;
  for (const AblationRun& run : runs) {
    if (rows.empty() || rows.back().variant != run.variant) {
      rows.push_back({run.variant, 0, {}, {}});
      finished.emplace_back();
    }
    if (run.error.empty()) {
      finished.back().push_back(&run.patients);
      ++rows.back().seeds;
    } else {
      rows.back().errors.push_back(fmt::format("seed {}: {}", run.seed, run.error));
    }
  }
  for (size_t r = 0; r < rows.size(); ++r)
    if (!finished[r].empty()) rows[r].cells = table.cells(finished[r], r == 0 ? Seeds{} : finished[0]);
  adjust(rows);
  return rows;
}

json json_from_table(const std::vector<AblationRow>& rows) {
  json all = json::array();
  const auto optional = [](const std::optional<double>& value) { return value ? json(*value) : json(nullptr); };
  for (const AblationRow& row : rows) {
    json cells = json::object();
    for (const AblationCell& cell : row.cells)
      cells[cell.metric] = {{"value", stats::json_from_estimate(cell.value)},
                            {"seed_mean", optional(cell.seed_mean)},
                            {"seed_sd", optional(cell.seed_sd)},
                            {"difference", stats::json_from_estimate(cell.difference)},
                            {"test", stats::json_from_outcome(cell.test)},
                            {"p_holm", optional(cell.holm)}};
    all.push_back({{"variant", row.variant}, {"seeds", row.seeds}, {"errors", row.errors}, {"metrics", cells}});
  }
  return {{"variants", all}, {"reference", rows.empty() ? "" : rows.front().variant}};
}

std::string csv_from_table(const std::vector<AblationRow>& rows) {
  std::string text =
      "variant,seeds,metric,value,lower,upper,n,method,seed_mean,seed_sd,difference,difference_lower,difference_upper,"
      "test,p,p_holm,error\n";
  for (const AblationRow& row : rows) {
    for (const AblationCell& c : row.cells)
      text += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},\n",
                          quoted(row.variant),
                          row.seeds,
                          c.metric,
                          number(c.value.value),
                          number(c.value.lower),
                          number(c.value.upper),
                          c.value.n,
                          quoted(c.value.method),
                          number(c.seed_mean),
                          number(c.seed_sd),
                          number(c.difference.value),
                          number(c.difference.lower),
                          number(c.difference.upper),
                          quoted(c.test.method),
                          number(c.test.p, "{:.6g}"),
                          number(c.holm, "{:.6g}"));
    for (const std::string& error : row.errors)
      text += fmt::format("{},{},,,,,,,,,,,,,,,{}\n", quoted(row.variant), row.seeds, quoted(error));
  }
  return text;
}

std::string markdown_from_table(const std::vector<AblationRow>& rows) {
  std::vector<std::string> metrics;
  for (const AblationRow& row : rows)
    for (const AblationCell& cell : row.cells)
      if (std::find(metrics.begin(), metrics.end(), cell.metric) == metrics.end()) metrics.push_back(cell.metric);
  std::string text = "| variant | seeds |", rule = "|---|---|";
  for (const std::string& metric : metrics) {
    text += fmt::format(" {} |", metric);
    rule += "---|";
  }
  text += "\n" + rule + "\n";
  for (const AblationRow& row : rows) {
    text += fmt::format("| {} | {} |", row.variant, row.seeds);
    for (const std::string& metric : metrics) {
      const auto cell =
          std::find_if(row.cells.begin(), row.cells.end(), [&](const AblationCell& c) { return c.metric == metric; });
      text += fmt::format(" {} |", cell == row.cells.end() ? "" : markdown_cell(*cell));
    }
    text += "\n";
  }
  text += "\nIntervals: 95 %. After the semicolon the difference to the first variant, and its p after Holm.\n";
  for (const AblationRow& row : rows)
    for (const std::string& error : row.errors) text += fmt::format("\nFailed: {}, {}\n", row.variant, error);
  return text;
}

}  // namespace hepatica::train
