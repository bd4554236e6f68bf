#include <fmt/format.h>

#include "base/files.h"
#include "cmd/choice.h"
#include "cmd/command.h"
#include "evaluate/survival_analysis.h"

namespace hepatica::cmd {
namespace {

struct SurvivalArguments {
  std::string data, out, unit;
  SurvivalColumns columns;
  SurvivalOptions options;
};

int run(const SurvivalArguments& arguments, const Common& common) {
  SurvivalOptions options = arguments.options;
  options.search.seed = common.seed;
  const SurvivalTable table = read_survival(arguments.data, arguments.columns);
  const SurvivalAnalysis analysis = analyse_survival(table, options);
  const nlohmann::json document = json_from_survival(analysis, table, options);
  OutputFolder out(arguments.out);
  write_file(out.staging() / "survival.json", document.dump(2) + "\n");
  write_outputs(
      out.staging(), csvs_from_survival(analysis, table), figures_from_survival(analysis, table, arguments.unit));
  out.commit();
  common.json ? print_json(document) : print_table(rows_from_survival(analysis, table));
  if (!common.json)
    for (const std::string& warning : analysis.warnings) fmt::print("warning: {}\n", warning);
  return 0;
}

void add_columns(CLI::App& app, SurvivalColumns& columns) {
  app.add_option("--time", columns.time, "column of the times")->capture_default_str();
  app.add_option(
      "--event", columns.event, "column with 1 (event) or 0 (censored); \"event\" or \"status\" if not given");
  app.add_option("--group", columns.group, "column whose levels get a curve each and are compared");
  app.add_option("--strata", columns.strata, "columns: log-rank test and Cox's model within them")->delimiter(',');
  app.add_option("--risk", columns.risk, "column of a score whose concordance is wanted; higher: earlier event");
  app.add_option("--covariates", columns.covariates, "columns of Cox's model")->delimiter(',');
  app.add_option("--institution", columns.institution, "column of institutions, which cross-validation keeps whole");
  app.add_flag("--complete-cases", columns.complete_cases, "leave out rows with a missing cell in a used column");
}

void add_estimates(CLI::App& app, SurvivalOptions& options) {
  using stats::SurvivalInterval, stats::Ties;
  add_choice<SurvivalInterval>(
      app,
      "--interval",
      options.curve.interval,
      {{"log-log", SurvivalInterval::log_log}, {"log", SurvivalInterval::log}, {"plain", SurvivalInterval::plain}},
      "scale of the curves' intervals");
  app.add_option("--confidence", options.curve.confidence, "of the intervals")
      ->check(CLI::Range(0.5, 0.9999))
      ->capture_default_str();
  add_choice<Ties>(app,
                   "--ties",
                   options.ties,
                   {{"efron", Ties::efron}, {"breslow", Ties::breslow}},
                   "how Cox's model takes tied events");
  app.add_option("--tau", options.tau, "end of the restricted mean and of Uno's C")->check(CLI::PositiveNumber);
  app.add_option("--times", options.times, "where survival is reported; five even times if not given")
      ->delimiter(',')
      ->check(CLI::NonNegativeNumber);
}

void add_penalty(CLI::App& app, SurvivalOptions& options) {
  using stats::Choice;
  auto* penalise = app.add_flag("--penalise", options.penalise, "elastic net instead of the plain Cox model");
  app.add_option("--alpha", options.search.alphas, "shares of the absolute penalty to try; 1 is the lasso")
      ->delimiter(',')
      ->check(CLI::Range(0.001, 1.0))
      ->needs(penalise)
      ->default_str("0.5");
  app.add_option("--folds", options.search.folds, "of the cross-validation that chooses the penalty")
      ->check(CLI::Range(2, 1000))
      ->needs(penalise)
      ->capture_default_str();
  add_choice<Choice>(app,
                     "--choice",
                     options.search.choice,
                     {{"least", Choice::least}, {"one-se", Choice::one_standard_error}},
                     "penalty of the least mean deviance, or the largest within one standard error of it")
      ->needs(penalise);
  app.add_option("--unpenalised", options.unpenalised, "covariates that the penalty spares")
      ->delimiter(',')
      ->needs(penalise);
  app.add_option("--outer-folds", options.outer_folds, "nested validation with that many folds; 0: each institution")
      ->check(CLI::Range(0, 1000))
      ->needs(penalise);
}

}  // namespace

Command declare_survival() {
  return {"survival",
          "Survival curves, log-rank test, Cox's model (plain or elastic net) and concordance of a table of follow-up",
          "hepatica survival followup.csv --out survival --group treatment --covariates age,stage,score --unit months",
          [](CLI::App& app) -> std::function<int(const Common&)> {
            auto a = std::make_shared<SurvivalArguments>();
            app.add_option("data", a->data, "CSV: one row a case, with the columns named below")->required();
            app.add_option("--out", a->out, "folder for survival.json, tables and figures")->required();
            add_columns(app, a->columns);
            add_estimates(app, a->options);
            add_penalty(app, a->options);
            app.add_option("--unit", a->unit, "unit of the times, for the figures");
            return [a](const Common& common) { return run(*a, common); };
          }};
}

}  // namespace hepatica::cmd
