#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"
#include "io/picture.h"
#include "train/ablation_table.h"
#include "train/cohort.h"

namespace hepatica::train {
namespace {

/// Two types a class, tiny phantoms, a tiny network, one step.
constexpr char kRecipe[] = R"(
classes:
  benign: [cyst, fnh]
  malignant: [hcc, icc]
train:
  classify:
    benign_malignant: &stage
      classes: [benign, malignant]
      members: {benign: [cyst, fnh], malignant: [hcc, icc]}
      network: {family: resnet, arguments: {depth: 18, classes: 2, width: 0.125, in_channels: 4}}
      input: {size: 32, scale: fit, mask: box, phases: channels, phase_order: [arterial, portal_venous]}
      data: &data
        phantoms: {patients: 16, slices: 1, view: lesion, matrix: 48, field_mm: [120, 160], types: [cyst, hcc, fnh, icc],
                   phases: [arterial, portal_venous], validation: 0.2}
      fit: {epochs: 1, steps: 1, batch: 4, warmup_steps: 0, precision: f32}
    types:
      classes: [cyst, fnh, hcc, icc]
      network: {family: resnet, arguments: {depth: 18, classes: 4, width: 0.125, in_channels: 4}}
      input: {size: 32, scale: fit, mask: box, phases: channels, phase_order: [arterial, portal_venous]}
      data: *data
      fit: {epochs: 1, steps: 1, batch: 4, warmup_steps: 0, precision: f32}
ablate:
  seeds: [1, 2]
  stages: [benign_malignant]
  flat: types
  resamples: 100
  data:
    phantoms: {cohort: test, patients: 8, slices: 1, view: lesion, matrix: 48, field_mm: [120, 160],
               types: [cyst, hcc, fnh, icc], phases: [arterial, portal_venous]}
  variants:
    reference: {}
    "no mask": {set: {train.classify.*.input.mask: none}}
    flat: {scheme: flat}
    broken: {set: {train.classify.benign_malignant.input.size: 31}}
cohort:
  outer: 2
  inner: 2
  resamples: 100
  candidates:
    masked: {}
    whole: {set: {train.classify.*.input.mask: none}}
)";

class AblationTest : public testing::Test {
 protected:
  Block recipe(const std::string& text = kRecipe) {
    write_file(folder_.path() / "tiny.yaml", text);
    return load_recipe((folder_.path() / "tiny.yaml").string(), {});
  }
  /// A manifest of two patients, seen in two phases each.
  fs::path pictures() {
    const fs::path folder = folder_.path() / "pictures";
    fs::create_directories(folder);
    std::string rows = "patient,path,phase,label,box,plane\n";
    for (const char* name : {"p1", "p2"})
      for (const char* phase : {"AP", "PVP"}) {
        const std::string file = std::string(name) + phase + ".png";
        const bool bright = std::string(name) == "p2";
        write_file(folder / file, png_from_grey(64, 64, std::vector<uint8_t>(64 * 64, bright ? 200 : 60)));
        rows += std::string(name) + "," + file + "," + phase + "," + (bright ? "hcc" : "cyst") + ",20 20 40 40,l1\n";
      }
    write_file(folder / "cohort.csv", rows);
    return folder / "cohort.csv";
  }

  TemporaryFolder folder_;
};

TEST_F(AblationTest, PlanNamesWhatIsWrong) {
  const AblationPlan plan = ablation_plan(recipe());
  ASSERT_EQ(plan.variants.size(), 4u);
  EXPECT_EQ(plan.variants[1].name, "no mask");
  EXPECT_EQ(plan.variants[1].folder, "no_mask");
  EXPECT_EQ(plan.variants[2].stages, (std::vector<std::string>{"types"}));
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string text = kRecipe;
    text.replace(text.find(from), from.size(), to);
    return recipe(text);
  };
  const AblationPlan shared =
      ablation_plan(with("ablate:\n", "ablate:\n  set: {train.classify.*.input.mask: ellipse}\n"));
  const auto mask = [&](size_t variant) {
    return shared.variants[variant].recipe.child("train").child("classify").child("types").child("input").node["mask"];
  };
  EXPECT_EQ(mask(0).as<std::string>(), "ellipse");
  EXPECT_EQ(mask(1).as<std::string>(), "none");
  const AblationPlan trunk = ablation_plan(with("ablate:\n", "ablate:\n  first: [types]\n"));
  EXPECT_EQ(trunk.variants[0].first, (std::vector<std::string>{"types"}));
  EXPECT_THROW(ablation_plan(with("ablate:\n", "ablate:\n  first: [kinds]\n")), Error);
  EXPECT_THROW(ablation_plan(with("flat: types", "flat: kinds")), Error);
  EXPECT_THROW(ablation_plan(with("scheme: flat", "scheme: flatter")), Error);
  EXPECT_THROW(ablation_plan(with("broken:", "\"no_mask\":")), Error);
  EXPECT_THROW(cohort_plan(with("candidates:", "variants:")), Error);
}

// Both seeds of the first variant start from the weights that the flat one is.
TEST_F(AblationTest, WhatAllStartFromIsTrainedOnce) {
  std::string text = kRecipe;
  text.replace(text.find("ablate:\n"), 8, "ablate:\n  first: [types]\n");
  const size_t fit = text.find("fit: {");
  text.replace(fit, 6, "fit: {start_from: types/types.safetensors, start_with: matching, ");
  AblationPlan plan = ablation_plan(recipe(text));
  plan.variants = {plan.variants[0], plan.variants[2]};
  AblationRequest request;
  request.out = folder_.path() / "out";
  const auto runs = run_ablation(plan, request);
  ASSERT_EQ(runs.size(), 4u);
  for (const AblationRun& run : runs) EXPECT_EQ(run.error, "");
  size_t trunks = 0;
  for (const auto& entry : fs::recursive_directory_iterator(request.out / "first"))
    trunks += entry.path().filename() == "types.safetensors";
  EXPECT_EQ(trunks, 2u);
  EXPECT_EQ(read_file(request.out / "reference" / "seed_1" / "types" / "types.safetensors"),
            read_file(request.out / "flat" / "seed_1" / "types" / "types.safetensors"));
}

TEST_F(AblationTest, RunsEveryVariantOnceAndGoesOnAfterAFailure) {
  const AblationPlan plan = ablation_plan(recipe());
  AblationRequest request;
  request.out = folder_.path() / "out";
  const auto runs = run_ablation(plan, request);
  ASSERT_EQ(runs.size(), 8u);
  for (const AblationRun& run : runs) EXPECT_EQ(run.error.empty(), run.variant != "broken") << run.error;
  EXPECT_NE(runs[6].error.find("size"), std::string::npos) << runs[6].error;
  ASSERT_EQ(runs[4].patients.size(), 8u);
  const PatientProbabilities& flat = runs[4].patients.begin()->second;
  EXPECT_NEAR(flat.first[0] + flat.first[1], 1, 1e-6);
  EXPECT_NEAR(flat.first[0] * flat.within[0][1], flat.types[1], 1e-6);
  EXPECT_TRUE(runs[0].patients.begin()->second.types.empty());
  // A second run takes over what is finished: its results are there though the models are gone.
  fs::remove_all(request.out / "reference" / "seed_1" / "benign_malignant");
  const auto again = run_ablation(plan, request);
  EXPECT_EQ(again[0].patients.begin()->second.first, runs[0].patients.begin()->second.first);
  EXPECT_FALSE(fs::exists(request.out / "reference" / "seed_1" / "benign_malignant"));
  const auto rows = ablation_table(plan.hierarchy, again, {100, 1});
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_EQ(rows[3].errors.size(), 2u);
  EXPECT_TRUE(rows[3].cells.empty());
  EXPECT_NE(markdown_from_table(rows).find("Failed: broken, seed 1"), std::string::npos);
}

/// A patient of `truth` with the probability of "malignant".
PatientProbabilities patient(const std::string& truth, double malignant) {
  return {truth, {1 - malignant, malignant}, {{}, {}}, {}};
}

TEST(AblationTable, ByHand) {
  const Hierarchy hierarchy{{{"benign", {"cyst"}}, {"malignant", {"hcc"}}}};
  // Of 2 x 2 pairs the reference orders 3 right, the variant 4.
  const AblationRun reference{
      "reference",
      1,
      "",
      {{"a", patient("cyst", .2)}, {"b", patient("cyst", .6)}, {"c", patient("hcc", .5)}, {"d", patient("hcc", .9)}}};
  AblationRun better = reference, other = reference;
  better.variant = other.variant = "better";
  better.patients["b"].first = {.9, .1};
  other.seed = 2;
  other.patients["b"].first = {.5, .5};  // on average .3, and a tie alone
  const auto rows = ablation_table(hierarchy, {reference, better, other}, {200, 1});
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[1].seeds, 2);
  const AblationCell &first = rows[0].cells.front(), &second = rows[1].cells.front();
  EXPECT_EQ(first.metric, "benign_malignant:auc");
  EXPECT_NEAR(*first.value.value, .75, 1e-12);
  EXPECT_FALSE(first.difference.value);
  EXPECT_FALSE(first.test.p);
  EXPECT_NEAR(*second.value.value, 1, 1e-12);
  EXPECT_NEAR(*second.difference.value, .25, 1e-12);
  EXPECT_NEAR(*second.seed_mean, (1 + .875) / 2, 1e-12);
  EXPECT_EQ(second.test.method, "DeLong");
  EXPECT_GE(*second.holm, *second.test.p);
  const std::string csv = csv_from_table(rows);
  EXPECT_NE(csv.find("\"better\",2,benign_malignant:auc,1.0000"), std::string::npos) << csv;
}

TEST_F(AblationTest, NestedCrossValidationThenALockedModel) {
  const CohortPlan plan = cohort_plan(recipe());
  CohortRequest request;
  request.out = folder_.path() / "cohort";
  const auto folds = run_retrospective(plan, request);
  ASSERT_EQ(folds.size(), 2u);
  EXPECT_EQ(folds[0].patients.size() + folds[1].patients.size(), 16u);
  EXPECT_EQ(folds[0].choice.models.size(), 2u);
  EXPECT_EQ(folds[0].choice.scores.size(), 2u);
  const nlohmann::json document = json_from_retrospective(plan, folds);
  EXPECT_EQ(document["n"], 16);
  EXPECT_TRUE(document["metrics"]["auc"]["value"].is_number());

  const fs::path lock = folder_.path() / "locked" / "model.json";
  fs::create_directories(lock.parent_path());
  const nlohmann::json locked = lock_model(plan, request, lock);
  EXPECT_EQ(locked["models"].size(), 2u);
  EXPECT_THROW(lock_model(plan, request, lock), Error);
  // A changed threshold, and a changed file, are refused.
  const std::string text = read_file(lock);
  nlohmann::json changed = locked;
  changed["threshold"] = 0.123;
  write_file(lock, changed.dump());
  EXPECT_THROW(run_prospective(lock, folder_.path() / "none.csv", 0), Error);
  write_file(lock, text);
  const fs::path model = lock.parent_path() / locked["models"][0]["file"].get<std::string>();
  const std::string bytes = read_file(model);
  write_file(model, bytes + "x");
  EXPECT_THROW(run_prospective(lock, folder_.path() / "none.csv", 0), Error);
  write_file(model, bytes);
  // What was locked runs, once as a new cohort and then as a repetition.
  const auto first = run_prospective(lock, pictures(), 0), second = run_prospective(lock, pictures(), 0);
  ASSERT_EQ(first.patients.size(), 2u);
  EXPECT_FALSE(first.patients[0].positive);
  EXPECT_TRUE(first.patients[1].positive);
  EXPECT_EQ(first.patients[0].called, first.patients[0].probability >= locked["threshold"].get<double>());
  EXPECT_EQ(first.document["run"], 1);
  EXPECT_EQ(second.document["first_run"], false);
  const std::string log = read_file(lock.string() + ".log");
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 2);
  EXPECT_NE(csv_from_judged(first.patients, "benign", "malignant").find("p2,malignant,"), std::string::npos);
}

}  // namespace
}  // namespace hepatica::train
