#include <fmt/format.h>

#include "base/error.h"
#include "base/files.h"
#include "cmd/command.h"
#include "evaluate/comparison.h"
#include "evaluate/value_comparison.h"

namespace hepatica::cmd {
namespace {

struct CompareArguments {
  std::vector<std::string> files;
  std::string out, positive, cluster, value;
  std::vector<double> reported, reported_means;
  bool unpaired = false;
  int resamples = 2000;
  double confidence = 0.95;
};

std::string p_text(const std::optional<double>& p) {
  if (!p) return "-";
  return *p < 0.0001 ? "< .0001" : fmt::format("{:.4f}", *p);
}

/// Without the n, which has a column of its own.
std::string difference_text(const stats::Estimate& e) {
  const std::string text = stats::text_from_estimate(e);
  return text.substr(0, text.rfind(", n = "));
}

void print_pair(const PairComparison& pair) {
  std::vector<std::vector<std::string>> rows{
      {fmt::format("{} - {}", pair.first, pair.second), "test", "difference (interval)", "p", "Holm", "BH", "n"}};
  for (const ComparedTest& one : pair.tests)
    rows.push_back({one.metric,
                    one.test.method,
                    difference_text(one.difference),
                    p_text(one.test.p),
                    p_text(one.holm),
                    p_text(one.benjamini_hochberg),
                    fmt::format("{}", one.test.n)});
  for (const auto& metric : pair.metrics)
    rows.push_back({metric.name,
                    metric.difference.method,
                    difference_text(metric.difference),
                    "",
                    "",
                    "",
                    fmt::format("{}", metric.difference.n)});
  print_table(rows);
  if (pair.counts)
    fmt::print("\nboth right {}, only {} {}, only {} {}, neither {}\n",
               pair.counts->both,
               pair.first,
               pair.counts->only_first,
               pair.second,
               pair.counts->only_second,
               pair.counts->neither);
  if (pair.claim)
    fmt::print("probability that {} is not better than {}: {:.4f}\n",
               pair.claim->claimed,
               pair.claim->other,
               pair.claim->probability);
  fmt::print("\n");
}

void print_reported(const nlohmann::json& json) {
  const nlohmann::json& claim = json["false_claim"];
  const auto row = [&](const std::string& name, const char* key) {
    return std::vector<std::string>{name,
                                    fmt::format("{:.4f}", claim[std::string(key) + "_congruence"].get<double>()),
                                    fmt::format("{:.4f}", claim[key].get<double>())};
  };
  print_table({{"the methods' errors", "right by both", "probability of a false claim"},
               row("least favourable", "highest"),
               row("independent", "independent"),
               row("most favourable", "lowest")});
}

void write(const std::string& folder, const nlohmann::json& document, const std::string& csv) {
  if (folder.empty()) return;
  OutputFolder out(folder);
  write_file(out.staging() / "comparison.json", document.dump(2) + "\n");
  if (!csv.empty()) write_file(out.staging() / "comparison.csv", csv);
  out.commit();
}

int64_t cases_of(double figure, const char* option) {
  if (!(figure >= 1 && figure <= 1e12) || figure != double(int64_t(figure)))
    throw Error(ErrorCode::usage, fmt::format("{}: the last figure is the number of cases, a whole number", option));
  return int64_t(figure);
}

int run_reported(const CompareArguments& a, const Common& common) {
  const auto &r = a.reported, &m = a.reported_means;
  const nlohmann::json document =
      m.empty()
          ? json_from_reported(stats::ReportedAccuracies{r[0], r[1], cases_of(r[2], "--reported")})
          : json_from_reported(stats::ReportedMeans{m[0], m[1], m[2], m[3], m[4], cases_of(m[5], "--reported-means")});
  write(a.out, document, "");
  if (common.json)
    print_json(document);
  else if (m.empty())
    print_reported(document);
  else
    fmt::print("probability that the higher mean is not the better one: {}\n",
               document["false_claim"]["probability"].dump());
  return 0;
}

Comparison compare_predictions(const CompareArguments& a, const ComparisonOptions& options) {
  std::vector<PredictionTable> tables;
  for (const std::string& file : a.files) tables.push_back(read_predictions(file));
  return a.unpaired ? compare_unpaired(tables, options) : compare_paired(tables, options);
}

Comparison compare_columns(const CompareArguments& a, const ComparisonOptions& options) {
  if (a.unpaired) throw Error(ErrorCode::usage, "--value compares the same cases; leave --unpaired out");
  std::vector<ValueTable> tables;
  for (const std::string& file : a.files) tables.push_back(read_values(file, a.value, a.cluster));
  return compare_values(tables, options);
}

int run(const CompareArguments& a, const Common& common) {
  if (!a.reported.empty() + !a.reported_means.empty() + !a.files.empty() != 1)
    throw Error(ErrorCode::usage,
                "give either two tables of predictions or more, or --reported ACC_A,ACC_B,N, or --reported-means");
  if (a.files.empty()) return run_reported(a, common);
  ComparisonOptions options;
  options.bootstrap = {a.resamples, common.seed, a.confidence};
  options.positive = a.positive;
  options.cluster = a.cluster;
  const Comparison comparison = a.value.empty() ? compare_predictions(a, options) : compare_columns(a, options);
  const nlohmann::json document = json_from_comparison(comparison, options);
  write(a.out, document, csv_from_comparison(comparison));
  if (common.json) {
    print_json(document);
    return 0;
  }
  for (const PairComparison& pair : comparison.pairs) print_pair(pair);
  for (const std::string& warning : comparison.warnings) fmt::print("warning: {}\n", warning);
  return 0;
}

}  // namespace

Command declare_compare() {
  return {
      "compare",
      "Tests of two or more methods on the same cases, with differences, and what a claim is worth",
      "hepatica compare lilnet.csv baseline.csv --out comparison\n  "
      "hepatica compare random_split.csv time_split.csv --unpaired\n  "
      "hepatica compare unet.csv dynunet.csv --value dice\n  "
      "hepatica compare --reported .887,.872,1308",
      [](CLI::App& app) -> std::function<int(const Common&)> {
        auto a = std::make_shared<CompareArguments>();
        app.add_option("predictions", a->files, "two tables or more, as `evaluate` takes them");
        app.add_option("--out", a->out, "folder for comparison.json and comparison.csv");
        app.add_flag("--unpaired", a->unpaired, "the tables hold different cases: Student's t, Welch's t, Fisher");
        app.add_option("--reported",
                       a->reported,
                       "accuracies of two methods and the number of cases, from a publication: the probability "
                       "that the claimed superiority is false")
            ->delimiter(',')
            ->expected(3);
        app.add_option("--reported-means",
                       a->reported_means,
                       "the same of means, such as Dice: MEAN_A,SD_A,MEAN_B,SD_B,R,N with the correlation R of both "
                       "over the cases")
            ->delimiter(',')
            ->expected(6);
        app.add_option(
            "--value", a->value, "compare the means of this column, one value a case such as dice, larger is better");
        app.add_option("--cluster", a->cluster, "column that names the patient, where a patient has several cases");
        app.add_option("--positive", a->positive, "with two classes: the one that sensitivity and AUC speak of");
        app.add_option("--resamples", a->resamples, "bootstrap resamples and permutations")
            ->check(CLI::Range(100, 1000000))
            ->capture_default_str();
        app.add_option("--confidence", a->confidence, "of the intervals")
            ->check(CLI::Range(0.5, 0.9999))
            ->capture_default_str();
        return [a](const Common& common) { return run(*a, common); };
      }};
}

}  // namespace hepatica::cmd
