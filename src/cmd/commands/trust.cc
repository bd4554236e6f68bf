#include <fmt/format.h>

#include "base/error.h"
#include "base/files.h"
#include "base/options.h"
#include "cmd/command.h"
#include "cmd/map_trust.h"
#include "cmd/study_options.h"
#include "pipeline/components.h"

namespace hepatica::cmd {
namespace {

struct TrustArguments {
  std::string manifest, out, split, task = "benign_malignant";
  TrustOptions options;
  int resamples = 2000;
  ModelArguments models;
};

void print_trust(const TrustData& data, const std::vector<MethodTrust>& methods) {
  std::vector<std::vector<std::string>> rows{{"map", "deletion", "insertion", "pointing game", "all untrained"}};
  const auto text = [](const stats::Estimate& e) {
    const std::string whole = stats::text_from_estimate(e, 2);
    return whole.substr(0, whole.rfind(", n = "));
  };
  for (const MethodTrust& method : methods)
    rows.push_back({method.name,
                    text(method.deletion),
                    text(method.insertion),
                    text(method.pointing),
                    method.correlations.empty() ? "-" : text(method.correlations.back())});
  print_table(rows);
  fmt::print("{} crops; a blind point lies on the lesion in {:.0f}%\n", data.crops.size(), 100 * chance_of_hit(data));
}

const Classifier& classifier_of(const std::vector<std::unique_ptr<Classifier>>& all, const std::string& task) {
  std::string known;
  for (const auto& classifier : all) {
    if (classifier->task() == task) return *classifier;
    known += (known.empty() ? "" : ", ") + classifier->task();
  }
  throw Error(ErrorCode::usage, fmt::format("no classifier for '{}'; the recipe has: {}", task, known));
}

int run(const TrustArguments& a, const Common& common) {
  const ReferenceManifest manifest = read_reference_manifest(a.manifest, a.split);
  const Recipe recipe = read_recipe(load_recipe(a.models.recipe, installed_folders("recipes")));
  Models models(recipe, model_folders(a.models), predictor_options(a.models));
  const auto classifiers = make_classifiers(recipe, models);
  const Classifier& classifier = classifier_of(classifiers, a.task);
  OutputFolder out(a.out);
  TrustOptions options = a.options;
  options.seed = common.seed;
  const TrustData data = check_maps(manifest, recipe, classifier, options);
  const std::vector<MethodTrust> methods = summarise(data, {a.resamples, common.seed, 0.95});
  nlohmann::json document = json_from_trust(data, methods);
  document["task"] = a.task;
  document["manifest"] = {{"file", manifest.file}, {"split", a.split}};
  document["options"] = {{"shift", options.shift},
                         {"tolerance_mm", options.tolerance_mm},
                         {"steps", options.steps},
                         {"lesions", options.lesions},
                         {"seed", options.seed}};
  write_file(out.staging() / "trust.json", document.dump(2) + "\n");
  write_file(out.staging() / "trust.csv", csv_from_trust(data, methods));
  write_file(out.staging() / "crops.csv", trust_crops_csv(data));
  draw::write_drawing(trust_figure(data, methods), out.staging(), "figure");
  out.commit();
  common.json ? print_json(document) : print_trust(data, methods);
  return 0;
}

void add_options(CLI::App& app, TrustArguments& a) {
  app.add_option("--split", a.split, "only rows with this value in the column split");
  app.add_option("--task", a.task, "the classifier whose maps are checked: benign_malignant, benign, malignant")
      ->capture_default_str();
  app.add_option("--methods", a.options.methods, "maps to check; all where not given")
      ->delimiter(',')
      ->check(CLI::IsMember(map_methods()));
  app.add_flag("--known-phases", a.options.known_phases, "take the phases from the manifest");
  app.add_option("--lesions", a.options.lesions, "reference lesions an image, the largest first")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--shift", a.options.shift, "crops are moved off the lesion's middle by up to this share of a side")
      ->check(CLI::Range(0.0, 0.5))
      ->capture_default_str();
  app.add_option("--tolerance-mm", a.options.tolerance_mm, "pointing game: distance from the lesion that still counts")
      ->check(CLI::Range(0.0, 100.0))
      ->capture_default_str();
  app.add_option("--steps", a.options.steps, "of the deletion and insertion curves")
      ->check(CLI::Range(2, 1000))
      ->capture_default_str();
  app.add_option("--resamples", a.resamples, "bootstrap resamples of patients")
      ->check(CLI::Range(100, 1000000))
      ->capture_default_str();
}

}  // namespace

Command declare_trust() {
  return {"trust",
          "Check on reference lesions whether the explanation maps of a classifier deserve trust",
          "hepatica trust phantoms/manifest.csv --split test --out trust\n"
          "hepatica trust phantoms/manifest.csv --methods cam,grad_cam --task malignant --out trust",
          [](CLI::App& app) -> std::function<int(const Common&)> {
            auto a = std::make_shared<TrustArguments>();
            a->options.methods = map_methods();
            app.add_option("manifest",
                           a->manifest,
                           "CSV, one row an image: patient, path, lesions (masks), and phase, liver, split where known")
                ->required();
            app.add_option("--out", a->out, "folder for trust.json, trust.csv, crops.csv and the figure")->required();
            add_options(app, *a);
            add_model_arguments(app, a->models);
            return [a](const Common& common) { return run(*a, common); };
          }};
}

}  // namespace hepatica::cmd
