#include "train/train.h"

#include <memory>

#include "base/files.h"
#include "base/options.h"
#include "cmd/build_info.h"
#include "cmd/choice.h"
#include "cmd/command.h"
#include "evaluate/learning_curve.h"

namespace hepatica::cmd {
namespace {

struct Arguments {
  std::string recipe, stages;
  train::TrainRequest request;
};

std::vector<std::string> split_names(const std::string& text) {
  std::vector<std::string> names;
  for (size_t start = 0; start <= text.size() && !text.empty();) {
    const size_t end = std::min(text.find(',', start), text.size());
    names.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return names;
}

int run(const Arguments& arguments, const Common& common) {
  train::TrainRequest request = arguments.request;
  request.stages = split_names(arguments.stages);
  request.seed = common.seed;
  request.versions = {{"hepatica", kVersion}, {"commit", kCommit}, {"libraries", kLibraries}};
  request.after_epoch = write_learning_curve;
  const auto results = train::train(load_recipe(arguments.recipe, installed_folders("recipes")), request);
  if (results.empty()) return 0;  // a worker that is not the first one
  std::vector<std::vector<std::string>> rows{{"role", "best epoch", "score", "checkpoint"}};
  nlohmann::json all = nlohmann::json::array();
  for (const auto& [role, result] : results) {
    rows.push_back({role, std::to_string(result.best_epoch), std::to_string(result.best_score), result.best.string()});
    nlohmann::json metrics = nlohmann::json::object();
    if (!result.epochs.empty()) {
      for (const auto& [name, value] : result.epochs.back().validation) metrics[name] = value;
    }
    all.push_back({{"role", role},
                   {"best_epoch", result.best_epoch},
                   {"score", result.best_score},
                   {"last", metrics},
                   {"checkpoint", result.best.string()}});
  }
  common.json ? print_json({{"models", all}}) : print_table(rows);
  return 0;
}

}  // namespace

Command declare_train() {
  return {"train",
          "Fit the networks of a recipe",
          "hepatica train shipped_train --data liver2d_lits_jpg --out runs/shipped --stage segment --threads 1",
          [](CLI::App& app) -> std::function<int(const Common&)> {
            auto arguments = std::make_shared<Arguments>();
            app.add_option("RECIPE", arguments->recipe, "name or path of a recipe with a `train` block")->required();
            app.add_option("--data",
                           arguments->request.data,
                           "manifest CSV, LiLNet's folders, COCO JSON, YOLO data, or a folder with images/ and masks/");
            app.add_option("--out", arguments->request.out, "folder for checkpoints, metrics and state")->required();
            app.add_option(
                "--stage", arguments->stages, "segment, detect, classify or names of classifiers; default all");
            app.add_option("--cache", arguments->request.cache, "folder of rendered slices; default OUT/cache");
            app.add_flag("--resume", arguments->request.resume, "go on after the last whole epoch in OUT");
            app.add_option("--start-from",
                           arguments->request.start_from,
                           "checkpoint, such as torchvision's resnet50-*.pth: what fits is taken, the rest is random")
                ->check(CLI::ExistingFile);
            add_choice<std::string>(app,
                                    "--device",
                                    arguments->request.device,
                                    {{"auto", "auto"}, {"cpu", "cpu"}, {"cuda", "cuda"}},
                                    "auto takes a GPU where there is one");
            app.add_option("--worker-limit",
                           arguments->request.worker_limit_s,
                           "seconds that a worker of distributed training waits for another")
                ->check(CLI::Range(1.0, 86400.0))
                ->capture_default_str();
            return [arguments](const Common& common) { return run(*arguments, common); };
          }};
}

}  // namespace hepatica::cmd
