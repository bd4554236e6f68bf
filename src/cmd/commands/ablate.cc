#include <memory>

#include "base/files.h"
#include "cmd/command.h"
#include "train/ablation_table.h"

namespace hepatica::cmd {
namespace {

struct Arguments {
  std::string recipe;
  train::AblationRequest request;
};

int run(const Arguments& arguments, const Common& common) {
  const train::AblationPlan plan = train::ablation_plan(load_recipe(arguments.recipe, installed_folders("recipes")));
  const auto runs = train::run_ablation(plan, arguments.request);
  const auto rows = train::ablation_table(plan.hierarchy, runs, {plan.resamples, common.seed});
  nlohmann::json document = train::json_from_table(rows);
  document["recipe"] = arguments.recipe;
  const std::string table = train::markdown_from_table(rows);
  write_file(arguments.request.out / "ablation.json", document.dump(2) + "\n");
  write_file(arguments.request.out / "ablation.csv", train::csv_from_table(rows));
  write_file(arguments.request.out / "ablation.md", table);
  common.json ? print_json(document) : void(std::fputs(table.c_str(), stdout));
  return 0;
}

}  // namespace

Command declare_ablate() {
  return {"ablate",
          "Train and compare the variants that a recipe's `ablate` block lists, each on the same held-out patients",
          "hepatica ablate pediatric_liver2025 --out runs/ablation --threads 2",
          [](CLI::App& app) -> std::function<int(const Common&)> {
            auto arguments = std::make_shared<Arguments>();
            app.add_option("RECIPE", arguments->recipe, "name or path of a recipe with a block `ablate`")->required();
            app.add_option(
                "--data", arguments->request.data, "manifest CSV to train on, where the recipe asks for one");
            app.add_option("--held-out",
                           arguments->request.held_out,
                           "manifest CSV to evaluate on, where the recipe's ablate.data asks for one");
            app.add_option("--out",
                           arguments->request.out,
                           "folder of the runs and of ablation.csv, .md and .json; what is finished there is kept")
                ->required();
            app.add_option("--cache", arguments->request.cache, "folder of rendered slices; default OUT/cache");
            return [arguments](const Common& common) { return run(*arguments, common); };
          }};
}

}  // namespace hepatica::cmd
