#include "pipeline/recipe.h"

#include <fmt/format.h>

#include <cmath>

#include "base/error.h"
#include "base/files.h"
#include "pipeline/components.h"

namespace hepatica {
namespace {

[[noreturn]] void fail(const Block& block, const std::string& key, const std::string& text) {
  const YAML::Node node = block.node[key];
  throw Error(ErrorCode::bad_recipe,
              fmt::format("{}:{}: key '{}' {}", block.file, (node ? node : block.node).Mark().line + 1, key, text));
}

std::vector<Phase> read_phases(OptionReader& reader, const Block& document) {
  std::vector<Phase> phases;
  for (const std::string& name : reader.texts("phases", {})) {
    const auto phase = phase_from_name(name);
    if (!phase || *phase == Phase::unknown)
      fail(document, "phases", fmt::format("holds '{}', which is no phase", name));
    phases.push_back(*phase);
  }
  if (phases.empty()) fail(document, "phases", "is missing: it names the phases that are diagnosed");
  return phases;
}

template <class Add>
void for_each_list(const Block& document, const std::string& key, const Add& add) {
  for (const auto& item : document.child(key).node) {
    if (!item.second.IsSequence()) fail(document, key, "must map names to lists");
    add(item.first.as<std::string>(), item.second.as<std::vector<std::string>>());
  }
}

ComponentBlock read_component(const Block& stages, const std::string& stage) {
  ComponentBlock read;
  const Block block = stages.child(stage);
  OptionReader reader(block);
  read.component = reader.text("component", "");
  read.options = reader.block("options");
  const Block network = reader.block("network");
  if (network.node.size() > 0) read.network = json_from_block(network);
  reader.finish();
  return read;
}

Block options_of(const Block& stages, const std::string& stage) {
  OptionReader reader(stages.child(stage));
  const Block options = reader.block("options");
  reader.finish();
  return options;
}

void read_stages(const Block& stages, Recipe& recipe) {
  OptionReader reader(stages);
  for (const char* stage :
       {"preprocess", "segment", "detect", "link", "verify", "classify", "aggregate", "explain", "report"})
    reader.block(stage);
  reader.finish();
  recipe.preprocess = read_preprocess_options(options_of(stages, "preprocess"));
  recipe.segment = read_component(stages, "segment");
  recipe.detect = read_component(stages, "detect");
  recipe.link = read_link_options(options_of(stages, "link"));
  recipe.verify = read_verify_options(options_of(stages, "verify"));
  recipe.classify = read_component(stages, "classify");
  recipe.aggregate = read_aggregate_options(options_of(stages, "aggregate"));
  recipe.explain = read_explain_options(options_of(stages, "explain"));
  recipe.report = read_report_options(options_of(stages, "report"));
}

}  // namespace

bool AgeLimits::hold(double age_years) const { return age_years >= least_years && std::floor(age_years) <= most_years; }

std::string AgeLimits::text() const {
  if (most_years >= 150) return fmt::format("from {:g} years", least_years);
  if (least_years <= 0) return fmt::format("up to {:g} years", most_years);
  return fmt::format("from {:g} to {:g} years", least_years, most_years);
}

Recipe read_recipe(const Block& document) {
  Recipe recipe;
  recipe.name = fs::path(document.file).stem().string();
  recipe.sha256 = sha256(json_from_block(document).dump());
  OptionReader reader(document);
  recipe.title = reader.text("title", recipe.name);
  recipe.citation = reader.text("citation", "");
  recipe.intended_use = reader.text("intended_use", "");
  reader.choice("modality", "ct", {"ct"});
  recipe.phases = read_phases(reader, document);
  OptionReader patients(reader.block("patients"));
  recipe.age.least_years = patients.number("least_age_years", recipe.age.least_years, 0, 120);
  recipe.age.most_years = patients.number("most_age_years", recipe.age.most_years, 0, 150);
  if (recipe.age.least_years > recipe.age.most_years)
    fail(document, "patients", "has a 'least_age_years' above its 'most_age_years'");
  patients.finish();
  for (const char* block : {"classes", "models", "train", "evaluate", "ablate", "cohort"}) reader.block(block);
  const Block stages = reader.block("stages");
  reader.finish();
  for_each_list(document, "classes", [&](const std::string& name, const std::vector<std::string>& types) {
    recipe.classes.emplace_back(name, types);
  });
  for_each_list(document, "models", [&](const std::string& role, const std::vector<std::string>& files) {
    recipe.models[role] = files;
  });
  read_stages(stages, recipe);
  check_components(recipe);
  return recipe;
}

std::vector<ReportClass> report_classes(const Recipe& recipe) {
  std::vector<ReportClass> classes;
  for (const auto& [name, types] : recipe.classes)
    for (const std::string& type : types) classes.push_back({type, name == "malignant"});
  return classes;
}

}  // namespace hepatica
