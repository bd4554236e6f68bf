#include "pipeline/recipe.h"

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

/// Recipes that only train have no stages to check.
int check_recipe(const Common& common, const std::string& name) {
  const Block document = load_recipe(name, installed_folders("recipes"));
  if (document.node["stages"]) read_recipe(document);
  common.json ? print_json({{"recipe", document.file}, {"valid", true}}) : fmt::print("{}: valid\n", document.file);
  return 0;
}

int show_recipe(const Common& common, const std::string& name) {
  const Block document = load_recipe(name, installed_folders("recipes"));
  if (common.json) {
    print_json(json_from_block(document));
  } else {
    YAML::Emitter emitter;
    emitter << document.node;
    fmt::print("{}\n", emitter.c_str());
  }
  return 0;
}

std::function<int(const Common&)> declare(CLI::App& app) {
  app.require_subcommand(1);
  app.fallthrough();
  auto name = std::make_shared<std::string>();
  app.add_subcommand("list", "the recipes of this installation")->fallthrough();
  CLI::App* check =
      app.add_subcommand("check", "whether a recipe's keys and values are right; the first mistake with its line");
  CLI::App* show = app.add_subcommand("show", "the effective document, with what it inherits");
  for (CLI::App* command : {check, show}) {
    command->fallthrough();
    command->add_option("RECIPE", *name, "name or file")->required();
  }
  return [check, show, name](const Common& common) {
    if (check->parsed()) return check_recipe(common, *name);
    return show->parsed() ? show_recipe(common, *name) : list_recipes(common);
  };
}

}  // namespace

Command declare_recipe() {
  return {
      "recipe", "List recipes, check one, or show the effective document", "hepatica recipe check lilnet2024", declare};
}

}  // namespace hepatica::cmd
