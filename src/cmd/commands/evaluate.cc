#include <fmt/format.h>

#include "base/files.h"
#include "cmd/command.h"
#include "evaluate/evaluation.h"

namespace hepatica::cmd {
namespace {

struct EvaluateArguments {
  std::string predictions, out, positive, cluster;
  std::vector<std::string> strata;
  bool no_strata = false;
  int resamples = 2000, bins = 10;
  double confidence = 0.95;
};

void print_estimates(const Evaluation& evaluation) {
  std::vector<std::vector<std::string>> rows{{"metric", "value (interval)", "n", "method"}};
  const auto add = [&](const std::string& name, const stats::Estimate& e) {
    std::string text = stats::text_from_estimate(e);
    rows.push_back({name, text.substr(0, text.rfind(", n = ")), fmt::format("{}", e.n), e.method});
  };
  for (const auto& named : evaluation.estimates) add(named.name, named.estimate);
  for (const auto& stratum : evaluation.strata)
    for (const auto& named : stratum.estimates)
      if (named.name == "accuracy" || named.name == "auc" || named.name == "auc_macro")
        add(fmt::format("{} [{} {}]", named.name, stratum.column, stratum.level), named.estimate);
  print_table(rows);
}

int run(const EvaluateArguments& arguments, const Common& common) {
  EvaluationOptions options;
  options.bootstrap = {arguments.resamples, common.seed, arguments.confidence};
  options.calibration_bins = arguments.bins;
  options.positive = arguments.positive;
  options.cluster = arguments.cluster;
  if (arguments.no_strata || !arguments.strata.empty()) options.strata = arguments.strata;
  const PredictionTable table = read_predictions(arguments.predictions);
  const Evaluation evaluation = evaluate(table, options);
  const nlohmann::json document = json_from_evaluation(evaluation, table, options);
  OutputFolder out(arguments.out);
  write_file(out.staging() / "evaluation.json", document.dump(2) + "\n");
  write_file(out.staging() / "metrics.csv", csv_from_evaluation(evaluation));
  write_file(out.staging() / "confusion.csv", confusion_csv(evaluation, table));
  if (table.scores != "labels") {
    write_file(out.staging() / "roc.csv", roc_csv(table));
    write_file(out.staging() / "calibration.csv", calibration_csv(evaluation));
  }
  out.commit();
  common.json ? print_json(document) : print_estimates(evaluation);
  return 0;
}

}  // namespace

Command declare_evaluate() {
  return {
      "evaluate",
      "All metrics of a table of predictions, with intervals and strata",
      "hepatica evaluate predictions.csv --out evaluation --strata center,size_mm",
      [](CLI::App& app) -> std::function<int(const Common&)> {
        auto a = std::make_shared<EvaluateArguments>();
        app.add_option("predictions",
                       a->predictions,
                       "CSV: case_id, truth, logit_<class>... or prob_<class>..., further columns as strata")
            ->required();
        app.add_option("--out", a->out, "folder for evaluation.json and the tables")->required();
        app.add_option("--strata", a->strata, "columns to split by; all suitable ones where not given")->delimiter(',');
        app.add_flag("--no-strata", a->no_strata, "no strata")->excludes("--strata");
        app.add_option("--cluster", a->cluster, "column that names the patient, where a patient has several cases");
        app.add_option("--positive", a->positive, "with two classes: the one that sensitivity and AUC speak of");
        app.add_option("--resamples", a->resamples, "bootstrap resamples")
            ->check(CLI::Range(100, 1000000))
            ->capture_default_str();
        app.add_option("--confidence", a->confidence, "of the intervals")
            ->check(CLI::Range(0.5, 0.9999))
            ->capture_default_str();
        app.add_option("--bins", a->bins, "bins of the calibration curve")
            ->check(CLI::Range(2, 200))
            ->capture_default_str();
        return [a](const Common& common) { return run(*a, common); };
      }};
}

}  // namespace hepatica::cmd
