#include <fmt/format.h>

#include "base/files.h"
#include "cmd/choice.h"
#include "cmd/command.h"
#include "evaluate/meta_analysis.h"

namespace hepatica::cmd {
namespace {

struct MetaArguments {
  std::string studies, out, name_column;
  stats::BivariateOptions options;
};

int run(const MetaArguments& arguments, const Common& common) {
  const StudyTable table = read_studies(arguments.studies, arguments.name_column);
  const MetaAnalysis analysis = analyse_studies(table, arguments.options);
  const nlohmann::json document = json_from_meta(analysis, table);
  OutputFolder out(arguments.out);
  write_file(out.staging() / "meta.json", document.dump(2) + "\n");
  write_outputs(out.staging(), csvs_from_meta(analysis, table), figures_from_meta(analysis, table));
  out.commit();
  common.json ? print_json(document) : print_table(rows_from_meta(analysis));
  if (!common.json)
    for (const std::string& warning : analysis.fit.warnings) fmt::print("warning: {}\n", warning);
  return 0;
}

}  // namespace

Command declare_meta() {
  using stats::Correction, stats::Likelihood;
  return {"meta",
          "Bivariate random-effects meta-analysis of diagnostic accuracy with its summary ROC curve",
          "hepatica meta studies.csv --out meta",
          [](CLI::App& app) -> std::function<int(const Common&)> {
            auto a = std::make_shared<MetaArguments>();
            app.add_option("studies", a->studies, "CSV: one row a study with TP, FN, FP, TN")->required();
            app.add_option("--out", a->out, "folder for meta.json, tables and figures")->required();
            app.add_option(
                "--study", a->name_column, "column of the studies' names; \"study\" or \"author\" if not given");
            add_choice<Likelihood>(app,
                                   "--likelihood",
                                   a->options.likelihood,
                                   {{"reml", Likelihood::reml}, {"ml", Likelihood::ml}},
                                   "restricted or plain maximum likelihood");
            add_choice<Correction>(
                app,
                "--correction",
                a->options.correction,
                {{"all", Correction::all}, {"single", Correction::single}, {"none", Correction::none}},
                "where a study has a count of 0, add 0.5 to the counts of all studies, of those alone, or of none");
            app.add_option("--confidence", a->options.confidence, "of the intervals and regions")
                ->check(CLI::Range(0.5, 0.9999))
                ->capture_default_str();
            return [a](const Common& common) { return run(*a, common); };
          }};
}

}  // namespace hepatica::cmd
