#include <fmt/format.h>
#include <sys/resource.h>

#include "base/error.h"
#include "base/files.h"
#include "base/options.h"
#include "base/threads.h"
#include "cmd/build_info.h"
#include "cmd/command.h"
#include "cmd/study_options.h"
#include "cmd/validate_cohort.h"

namespace hepatica::cmd {
namespace {

struct ValidateArguments {
  std::string manifest, out, split;
  bool known_phases = false, features = false;
  double lesion_from_mm = 10;
  int resamples = 2000;
  bool any_age = false;
  ModelArguments models;
};

double peak_memory_gib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return double(usage.ru_maxrss) / 1024 / 1024;
}

nlohmann::json provenance_of(const Pipeline& pipeline) {
  nlohmann::json models = nlohmann::json::array();
  for (const Provenance::Model& model : pipeline.models())
    models.push_back({{"role", model.role}, {"file", model.file}, {"sha256", model.sha256}});
  return {{"version", kVersion},
          {"commit", kCommit},
          {"libraries", kLibraries},
          {"recipe", pipeline.recipe().name},
          {"recipe_sha256", pipeline.recipe().sha256},
          {"threads", thread_count()},
          {"models", models}};
}

void print_metrics(const Validation& validation) {
  std::vector<std::vector<std::string>> rows{{"figure", "value (interval)", "n", "method"}};
  for (const auto& [name, e] : validation.metrics) {
    const std::string text = stats::text_from_estimate(e);
    rows.push_back({name, text.substr(0, text.rfind(", n = ")), fmt::format("{}", e.n), e.method});
  }
  print_table(rows);
}

void write_tables(const fs::path& folder,
                  const std::vector<CaseResult>& cases,
                  const nlohmann::json& document,
                  double lesion_from_mm) {
  write_file(folder / "validation.json", document.dump(2) + "\n");
  write_file(folder / "cases.csv", cases_csv(cases));
  write_file(folder / "froc.csv", froc_csv(froc(cases, lesion_from_mm)));
  for (const auto& [task, name] :
       {std::pair{"types", "predictions.csv"}, {"benign_malignant", "predictions_benign_malignant.csv"}})
    if (const std::string csv = predictions_csv(cases, task); !csv.empty()) write_file(folder / name, csv);
  for (const std::string& task : scored_tasks(cases))
    if (const std::string csv = image_predictions_csv(cases, task); !csv.empty())
      write_file(folder / fmt::format("predictions_images_{}.csv", task), csv);
  if (const std::string csv = features_csv(cases); !csv.empty()) write_file(folder / "features.csv", csv);
}

int run(const ValidateArguments& arguments, const Common& common) {
  const ReferenceManifest manifest = read_reference_manifest(arguments.manifest, arguments.split);
  const Pipeline pipeline(load_recipe(arguments.models.recipe, installed_folders("recipes")),
                          {model_folders(arguments.models), predictor_options(arguments.models), arguments.any_age});
  const fs::path out = arguments.out;
  const std::vector<CaseResult> cases =
      run_cohort(manifest, pipeline, {out / "cases", arguments.known_phases, arguments.features});
  ValidationOptions options{{arguments.resamples, common.seed, 0.95}, arguments.lesion_from_mm};
  const Validation validation = validate(cases, options);
  nlohmann::json document = json_from_validation(validation, cases);
  document["manifest"] = {{"file", manifest.file}, {"split", arguments.split}};
  document["provenance"] = provenance_of(pipeline);
  document["peak_memory_gib"] = peak_memory_gib();
  document["options"] = {{"known_phases", arguments.known_phases},
                         {"lesion_from_mm", arguments.lesion_from_mm},
                         {"resamples", arguments.resamples},
                         {"seed", common.seed}};
  write_tables(out, cases, document, arguments.lesion_from_mm);
  common.json ? print_json(document) : print_metrics(validation);
  return 0;
}

}  // namespace

Command declare_validate() {
  return {
      "validate",
      "Diagnose a cohort with reference masks and diagnoses, and measure every stage against them",
      "hepatica validate phantoms/manifest.csv --split test --out validation",
      [](CLI::App& app) -> std::function<int(const Common&)> {
        auto a = std::make_shared<ValidateArguments>();
        app.add_option("manifest",
                       a->manifest,
                       "CSV, one row an image: patient, path, and phase, liver, lesions, diagnosis, "
                       "benign_malignant, split where known")
            ->required();
        app.add_option(
               "--out",
               a->out,
               "folder for validation.json, cases.csv, froc.csv, predictions*.csv; finished patients are kept in it "
               "and not run again")
            ->required();
        app.add_option("--split", a->split, "only rows with this value in the column split");
        app.add_flag(
            "--known-phases", a->known_phases, "take the phases from the manifest; otherwise those that ingest finds");
        app.add_flag("--features",
                     a->features,
                     "write features.csv: the first classifier's features of each patient, for evaluate --features");
        app.add_option("--lesion-from", a->lesion_from_mm, "long axis in mm from which lesion recall is asked for")
            ->check(CLI::Range(0.0, 200.0))
            ->capture_default_str();
        app.add_option("--resamples", a->resamples, "bootstrap resamples of patients")
            ->check(CLI::Range(100, 1000000))
            ->capture_default_str();
        app.add_flag("--any-age", a->any_age, "diagnose patients outside the age that the recipe is for, too");
        add_model_arguments(app, a->models);
        return [a](const Common& common) { return run(*a, common); };
      }};
}

}  // namespace hepatica::cmd
