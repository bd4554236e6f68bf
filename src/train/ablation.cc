#include "train/ablation.h"

#include <fmt/format.h>

#include <chrono>
#include <numeric>
#include <set>

#include "base/error.h"
#include "base/log.h"
#include "base/override.h"
#include "base/progress.h"
#include "train/data.h"
#include "train/train.h"

namespace hepatica::train {
namespace {

using nlohmann::json;

Hierarchy hierarchy_of(const Block& recipe) {
  Hierarchy hierarchy;
  OptionReader reader(recipe.child("classes"));
  for (const auto& entry : recipe.child("classes").node) {
    const auto name = entry.first.as<std::string>();
    hierarchy.classes.emplace_back(name, reader.texts(name, {}));
  }
  if (hierarchy.classes.size() < 2)
    throw Error(ErrorCode::bad_recipe, recipe.file + ": 'classes' must name two classes with their types");
  return hierarchy;
}

std::string folder_of(const std::string& name) {
  std::string folder;
  for (const char c : name) folder.push_back(std::isalnum(static_cast<unsigned char>(c)) || c == '-' ? c : '_');
  return folder;
}

/// The classifiers that two stages take; those of classes with one type alone need none.
std::vector<std::string> usual_stages(const Hierarchy& hierarchy) {
  std::vector<std::string> stages{"benign_malignant"};
  for (const auto& [name, types] : hierarchy.classes)
    if (types.size() > 1) stages.push_back(name);
  return stages;
}

Variant read_variant(const Block& recipe,
                     const std::string& name,
                     const Block& block,
                     const std::vector<std::string>& stages,
                     const std::string& flat) {
  OptionReader reader(block);
  Variant variant;
  variant.name = name;
  variant.folder = folder_of(name);
  variant.flat = reader.choice("scheme", "stages", {"stages", "flat"}) == "flat";
  variant.stages = reader.texts("stages", variant.flat ? std::vector{flat} : stages);
  variant.recipe = with_overrides(recipe, reader.block("set"));
  reader.finish();
  if (variant.flat && flat.empty())
    throw Error(ErrorCode::bad_recipe,
                block.file + ": " + block.path + " is flat, but 'ablate.flat' names no classifier");
  roles_to_train(variant.recipe, variant.stages);
  return variant;
}

json json_from_patients(const std::map<std::string, PatientProbabilities>& patients) {
  json all = json::object();
  for (const auto& [name, p] : patients)
    all[name] = {{"truth", p.truth}, {"first", p.first}, {"within", p.within}, {"types", p.types}};
  return all;
}

std::map<std::string, PatientProbabilities> patients_from_json(const json& all) {
  std::map<std::string, PatientProbabilities> patients;
  for (const auto& [name, p] : all.items())
    patients[name] = {p.at("truth"), p.at("first"), p.at("within"), p.at("types")};
  return patients;
}

/// All items of the held-out data, with each patient's type.
struct HeldOut {
  Mixture mixture;
  std::vector<size_t> items;
  std::map<std::string, std::string> truths;

  HeldOut(const AblationPlan& plan, const AblationRequest& request, const fs::path& cache)
      : mixture(mixture_from_block(plan.data, {request.held_out, cache, plan.data_seed, {.each_lesion = true}, {}})),
        items(mixture.source(0).size()) {
    std::iota(items.begin(), items.end(), size_t(0));
    for (const size_t i : items) truths[mixture.source(0).group(i)] = mixture.source(0).label(i);
    if (mixture.sources() != 1) throw Error(ErrorCode::bad_recipe, "'ablate.data' must name one source");
    for (const auto& [patient, type] : truths) plan.hierarchy.class_of(type);
  }
};

/// What a finished run must share with the plan to be taken over.
std::string fingerprint(const Variant& variant,
                        uint64_t seed,
                        const AblationRequest& request,
                        const HeldOut& held_out) {
  json all{{"seed", seed}, {"held_out", held_out.mixture.describe()}, {"stages", variant.stages}};
  if (!variant.first.empty()) all["first"] = variant.first;
  const Block classify = variant.recipe.child("train").child("classify");
  for (const auto* stages : {&variant.first, &variant.stages})
    for (const std::string& stage : *stages) all["recipe"][stage] = json_from_block(classify.child(stage));
  if (fs::is_regular_file(request.data)) all["data"] = sha256_of_file(request.data);
  return sha256(all.dump());
}

/// Mean logits of the networks of one task.
PatientScores mean_of(const std::vector<PatientScores>& members) {
  PatientScores mean = members.front();
  for (auto& [patient, logits] : mean.logits)
    for (size_t c = 0; c < logits.size(); ++c) {
      logits[c] = 0;
      for (const PatientScores& member : members) logits[c] += member.logits.at(patient)[c] / double(members.size());
    }
  return mean;
}

using Trained = std::vector<std::pair<std::string, FitResult>>;

/// Trains a task that others start from, once for all variants that have it alike, and copies it to the variant's.
Trained train_first(const Variant& variant, const std::string& task, const TrainRequest& request, const fs::path& out) {
  const json block = json_from_block(variant.recipe.child("train").child("classify").child(task));
  TrainRequest one = request;
  one.stages = {task};
  one.out = out / "first" / sha256(block.dump()).substr(0, 16) / fmt::format("seed_{}", request.seed);
  Trained trained = train(variant.recipe, one);
  for (const auto& [role, result] : trained) {
    fs::create_directories(request.out / role);
    const fs::path file = role + ".safetensors";
    fs::copy_file(one.out / role / file, request.out / role / file, fs::copy_options::overwrite_existing);
  }
  return trained;
}

std::map<std::string, PatientProbabilities> train_and_score(const AblationPlan& plan,
                                                            const Variant& variant,
                                                            const TrainRequest& request,
                                                            const HeldOut& held_out,
                                                            const fs::path& out) {
  std::map<std::string, Trained> trained;
  for (const std::string& task : variant.first) trained[task] = train_first(variant, task, request, out);
  std::map<std::string, PatientScores> scores;
  for (const std::string& stage : variant.stages) {
    TrainRequest one = request;
    one.stages = {stage};
    if (!trained.count(stage)) trained[stage] = train(variant.recipe, one);
    std::vector<PatientScores> members;
    for (const auto& [role, result] : trained.at(stage))
      members.push_back(score_patients(result.best, held_out.mixture.source(0), held_out.items));
    scores[variant.flat ? "types" : stage] = mean_of(members);
  }
  return patient_probabilities(plan.hierarchy, scores, held_out.truths);
}

AblationRun run_one(const AblationPlan& plan,
                    const Variant& variant,
                    uint64_t seed,
                    const AblationRequest& request,
                    const HeldOut& held_out,
                    const fs::path& cache) {
  const fs::path folder = request.out / variant.folder / fmt::format("seed_{}", seed);
  const std::string mine = fingerprint(variant, seed, request, held_out);
  AblationRun run{variant.name, seed, "", {}};
  const fs::path started = folder / "fingerprint.txt", result = folder / "result.json";
  if (fs::exists(started) && read_file(started) != mine) fs::remove_all(folder);
  if (fs::exists(result)) {
    run.patients = patients_from_json(json::parse(read_file(result)).at("patients"));
    log_info("{}, seed {}: finished before", variant.name, seed);
    return run;
  }
  try {
    fs::create_directories(folder);
    write_file(started, mine);
    TrainRequest training;
    training.data = request.data;
    training.out = folder;
    training.cache = cache;
    training.resume = true;
    training.seed = seed;
    run.patients = train_and_score(plan, variant, training, held_out, request.out);
    const json document{{"variant", variant.name}, {"seed", seed}, {"patients", json_from_patients(run.patients)}};
    write_file(result, document.dump(1) + "\n");
  } catch (const Error& error) {
    if (error.code() == ErrorCode::interrupted) throw;
    run.error = error.what();
  } catch (const std::exception& error) {
    run.error = error.what();
  }
  if (!run.error.empty()) log_warning("{}, seed {} failed: {}", variant.name, seed, run.error);
  return run;
}

}  // namespace

std::vector<Variant> read_variants(const Block& recipe,
                                   const Block& block,
                                   const std::vector<std::string>& stages,
                                   const std::string& flat) {
  std::vector<Variant> variants;
  std::set<std::string> folders;
  OptionReader reader(block);
  for (const auto& entry : block.node) {
    const auto name = entry.first.as<std::string>();
    variants.push_back(read_variant(recipe, name, reader.block(name), stages, flat));
    if (!folders.insert(variants.back().folder).second)
      throw Error(ErrorCode::bad_recipe,
                  fmt::format("{}: {}: '{}' differs from another name in signs alone", block.file, block.path, name));
  }
  if (variants.empty()) throw Error(ErrorCode::bad_recipe, block.file + ": '" + block.path + "' names nothing");
  return variants;
}

AblationPlan ablation_plan(const Block& recipe) {
  OptionReader reader(recipe.child("ablate"));
  AblationPlan plan;
  plan.hierarchy = hierarchy_of(recipe);
  for (const double seed : reader.numbers("seeds", {0}, 0, 1e9)) plan.seeds.push_back(uint64_t(seed));
  const std::vector<std::string> stages = reader.texts("stages", usual_stages(plan.hierarchy));
  const std::string flat = reader.text("flat", "");
  plan.data = reader.block("data");
  plan.data_seed = uint64_t(reader.integer("data_seed", int64_t(plan.data_seed), 0, 1'000'000'000));
  plan.resamples = int(reader.integer("resamples", plan.resamples, 100, 100000));
  const Block common = with_overrides(recipe, reader.block("set"));
  plan.variants = read_variants(common, reader.block("variants"), stages, flat);
  const std::vector<std::string> first = reader.texts("first", {});
  for (Variant& variant : plan.variants) {
    if (!first.empty()) roles_to_train(variant.recipe, first);
    variant.first = first;
  }
  reader.finish();
  return plan;
}

std::vector<AblationRun> run_ablation(const AblationPlan& plan, const AblationRequest& request) {
  const fs::path cache = request.cache.empty() ? request.out / "cache" : request.cache;
  const HeldOut held_out(plan, request, cache);
  std::vector<AblationRun> runs;
  const size_t total = plan.variants.size() * plan.seeds.size();
  Progress progress("variants", total);
  const auto start = std::chrono::steady_clock::now();
  for (const Variant& variant : plan.variants)
    for (const uint64_t seed : plan.seeds) {
      log_info("{}, seed {}: {} of {}", variant.name, seed, runs.size() + 1, total);
      runs.push_back(run_one(plan, variant, seed, request, held_out, cache));
      progress.advance();
      const double spent = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      log_info("{} of {} runs done, about {:.0f} min left",
               runs.size(),
               total,
               spent / double(runs.size()) * double(total - runs.size()) / 60);
    }
  return runs;
}

}  // namespace hepatica::train
