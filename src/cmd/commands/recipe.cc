#include <fmt/format.h>

#include <algorithm>

#include "base/files.h"
#include "base/options.h"
#include "cmd/command.h"

namespace hepatica::cmd {
namespace {

int list_recipes(const Common& common) {
  std::vector<std::vector<std::string>> rows{{"recipe", "title", "file"}};
  nlohmann::json recipes = nlohmann::json::array();
  for (const fs::path& folder : installed_folders("recipes")) {
    std::vector<fs::path> files(fs::directory_iterator{folder}, fs::directory_iterator{});
    std::sort(files.begin(), files.end());
    for (const fs::path& file : files) {
      if (file.extension() != ".yaml") continue;
      const Block recipe = load_recipe(file.string(), {folder});
      const std::string title = recipe.node["title"] ? recipe.node["title"].as<std::string>() : "";
      rows.push_back({file.stem().string(), title, file.string()});
      recipes.push_back({{"name", file.stem().string()}, {"title", title}, {"file", file.string()}});
    }
  }
  common.json ? print_json({{"recipes", recipes}}) : print_table(rows);
  return 0;
}

}  // namespace

Command declare_recipe() {
  return {"recipe",
          "List recipes, check one, or show the effective document",
          "hepatica recipe list",
          [](CLI::App& app) -> std::function<int(const Common&)> {
            app.require_subcommand(1);
            app.add_subcommand("list", "the recipes of this installation");
            return list_recipes;
          }};
}

}  // namespace hepatica::cmd
