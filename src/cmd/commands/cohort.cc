#include "train/cohort.h"

#include <memory>

#include "base/files.h"
#include "cmd/command.h"
#include "cmd/figures_table.h"

namespace hepatica::cmd {
namespace {

struct Arguments {
  std::string recipe;
  fs::path lock;
  train::CohortRequest request;
};

int run(const Arguments& arguments, const Common& common) {
  const train::CohortPlan plan = train::cohort_plan(load_recipe(arguments.recipe, installed_folders("recipes")));
  train::CohortRequest request = arguments.request;
  request.seed = common.seed;
  if (!arguments.lock.empty()) {
    const nlohmann::json lock = train::lock_model(plan, request, arguments.lock);
    common.json ? print_json(lock)
                : print_table({{"locked", "candidate", "threshold"},
                               {arguments.lock.string(), lock["candidate"], lock["threshold"].dump()}});
    return 0;
  }
  const auto folds = train::run_retrospective(plan, request);
  const nlohmann::json document = train::json_from_retrospective(plan, folds);
  std::vector<train::JudgedPatient> all;
  for (const auto& fold : folds) all.insert(all.end(), fold.patients.begin(), fold.patients.end());
  write_file(request.out / "cohort.json", document.dump(2) + "\n");
  write_file(request.out / "predictions.csv", train::csv_from_judged(all, plan.first_class, plan.second_class));
  common.json ? print_json(document) : print_table(table_of_figures(document.at("metrics")));
  return 0;
}

}  // namespace

Command declare_cohort() {
  return {"cohort",
          "Nested cross-validation by patient of a recipe's `cohort` block; --lock trains on all and locks the model",
          "hepatica cohort pediatric_liver2025 --data cohort.csv --out runs/cohort\n"
          "  hepatica cohort pediatric_liver2025 --data cohort.csv --out runs/cohort --lock locked/model.json",
          [](CLI::App& app) -> std::function<int(const Common&)> {
            auto arguments = std::make_shared<Arguments>();
            app.add_option("RECIPE", arguments->recipe, "name or path of a recipe with a block `cohort`")->required();
            app.add_option("--data", arguments->request.data, "manifest CSV, where the recipe's data ask for one");
            app.add_option("--out", arguments->request.out, "folder of the trainings, cohort.json and predictions.csv")
                ->required();
            app.add_option("--cache", arguments->request.cache, "folder of rendered slices; default OUT/cache");
            app.add_option("--lock",
                           arguments->lock,
                           "choose and train on all patients, and write this lock with its models beside it");
            return [arguments](const Common& common) { return run(*arguments, common); };
          }};
}

}  // namespace hepatica::cmd
