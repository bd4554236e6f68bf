// Whole runs of `hepatica diagnose` on a small phantom, with small random networks.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <set>

#include "base/files.h"
#include "io/volume_file.h"
#include "nn/checkpoint.h"
#include "phantom/patient.h"

namespace hepatica {
namespace {

constexpr uint64_t kSeed = 5;

/// A network of random weights with the metadata that Hepatica's own checkpoints have.
void write_random_model(const fs::path& path,
                        nn::Graph graph,
                        nlohmann::json input,
                        const std::vector<std::string>& classes) {
  const nn::Network network(std::move(graph), kSeed);
  nn::Checkpoint checkpoint;
  checkpoint.tensors = network.state();
  checkpoint.metadata = {{"network", {{"family", network.graph().family}, {"arguments", network.graph().arguments}}},
                         {"input", std::move(input)}};
  if (!classes.empty()) checkpoint.metadata["classes"] = classes;
  nn::write_checkpoint(path, checkpoint, true);
}

void write_random_models(const fs::path& folder) {
  nn::DynUNetOptions unet;
  unet.dims = 2;
  unet.filters = {4, 8, 8};
  write_random_model(folder / "segment.safetensors", nn::dynunet(unet), {{"spacing_mm", 4}, {"multiple", 16}}, {});
  write_random_model(folder / "detect.safetensors", nn::yolov8("n", 1), {{"size", 128}, {"mode", "liver"}}, {});
  const nlohmann::json crop{{"size", 64}};
  write_random_model(folder / "benign_malignant.safetensors", nn::lilnet(18, 2, 0.125), crop, {"benign", "malignant"});
  write_random_model(folder / "benign.safetensors", nn::lilnet(18, 3, 0.125), crop, {"fnh", "hemangioma", "cyst"});
  write_random_model(folder / "malignant.safetensors", nn::resnet(18, 3, 0.125), crop, {"hcc", "icc", "metastasis"});
}

/// A recipe under which random networks find a liver and lesions.
constexpr char kCredulousRecipe[] = R"(
inherits: lilnet2024
title: Credulous
stages:
  segment: {options: {threshold: 0.5, least_confidence: 0, smallest_ml: 0, largest_body_part: 1}}
  detect: {options: {confidence: 0.005, liver: {fraction: 0}}}
  link: {options: {least_score: 0, large_least_score: 0}}
  classify: {options: {images_per_phase: 1}}
)";

/// Two phases of one phantom as NIfTI, coarse and few slices.
void write_study(const fs::path& folder) {
  const phantom::Patient patient(kSeed, phantom::PatientOptions{});
  const Box3 body = patient.body_box();
  Geometry geometry;
  geometry.size = {120, 100, 6};
  geometry.spacing = {(body.high[0] - body.low[0]) / 120, (body.high[1] - body.low[1]) / 100, 10};
  geometry.origin = {body.low[0], body.low[1], patient.lesions().front().center[2] - 25};
  const phantom::ScannerOptions scanner;
  write_volume(folder / "arterial.nii.gz", patient.render(geometry, Phase::arterial, scanner, 1).hu);
  write_volume(folder / "portal_venous.nii.gz", patient.render(geometry, Phase::portal_venous, scanner, 2).hu);
}

class DiagnoseTest : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(study());
    fs::create_directories(models());
    write_study(study());
    write_random_models(models());
    write_file(folder_.path() / "credulous.yaml", kCredulousRecipe);
  }

  fs::path study() const { return folder_.path() / "study"; }
  fs::path models() const { return folder_.path() / "models"; }
  fs::path out() const { return folder_.path() / "out"; }

  /// Exit status; standard output in out.json.
  int run(const std::string& arguments) const {
    const std::string command = std::string(HEPATICA_PROGRAM) + " " + arguments + " --quiet > " +
                                (folder_.path() / "out.json").string() + " 2> " + (folder_.path() / "err.txt").string();
    return WEXITSTATUS(std::system(command.c_str()));
  }
  int diagnose(const std::string& more) const {
    return run("diagnose " + study().string() + " --out " + out().string() + " --models " + models().string() +
               " --precision f32 --json " + more);
  }
  std::string errors() const { return read_file(folder_.path() / "err.txt"); }
  nlohmann::json output() const { return nlohmann::json::parse(read_file(folder_.path() / "out.json")); }

  TemporaryFolder folder_;
};

TEST_F(DiagnoseTest, WholeRunWritesEverything) {
  ASSERT_EQ(diagnose("--recipe " + (folder_.path() / "credulous.yaml").string()), 0) << errors();
  const nlohmann::json report = output();
  EXPECT_EQ(report, nlohmann::json::parse(read_file(out() / "report.json")));
  EXPECT_EQ(report["status"], "lesions") << report.dump();
  for (const char* key : {"study", "series", "liver", "lesions", "patient", "warnings", "timings_s", "provenance"})
    EXPECT_TRUE(report.contains(key)) << key;
  for (const char* file : {"report.html", "report.pdf", "liver.nii.gz", "lesions.nii.gz"})
    EXPECT_GT(fs::file_size(out() / file), 100u) << file;
  EXPECT_FALSE(fs::exists(out() / "seg.dcm"));  // the input is no DICOM
  ASSERT_FALSE(report["lesions"].empty());
  double sum = 0;
  for (const auto& item : report["patient"]["probabilities"].items()) sum += item.value().get<double>();
  EXPECT_NEAR(sum, 1, 1e-6);
  EXPECT_EQ(report["patient"]["probabilities"].size(), 6u);
  // Masks lie on the portal venous file's own grid.
  const Geometry grid = read_geometry(study() / "portal_venous.nii.gz");
  EXPECT_TRUE(same_grid(read_geometry(out() / "lesions.nii.gz"), grid));
  const Mask lesions = read_mask(out() / "lesions.nii.gz");
  EXPECT_GT(std::count_if(lesions.values().begin(), lesions.values().end(), [](uint8_t label) { return label != 0; }),
            0);
}

/// The same tensors under a foreign name and without a word on what they are.
void strip_metadata(const fs::path& from, const fs::path& to) {
  nn::Checkpoint checkpoint = nn::read_checkpoint(from);
  checkpoint.metadata = nlohmann::json::object();
  nn::write_checkpoint(to, checkpoint, true);
  fs::remove(from);
}

TEST_F(DiagnoseTest, AVerifierBesideTheDetectorHasTheLastWord) {
  const auto write_verifier = [&](int64_t detector_size) {
    nn::Graph network =
        nn::build_graph("resnet", {{"depth", 18}, {"classes", 2}, {"width", 0.125}, {"in_channels", 6}});
    const nlohmann::json input{{"size", 32},
                               {"planes_mm", {0}},
                               {"confidence", 0.005},
                               {"least_score", 0},
                               {"detector", {{"size", detector_size}, {"mode", "liver"}}}};
    write_random_model(models() / "verify.safetensors", std::move(network), input, {"other", "lesion"});
  };
  const auto run_with = [&](const std::string& options) {
    const fs::path recipe = folder_.path() / "verified.yaml";
    write_file(recipe, std::string(kCredulousRecipe) + "  verify: {options: {" + options + "}}\n");
    fs::remove_all(out());
    return diagnose("--recipe " + recipe.string());
  };
  const auto is_verified = [&](const nlohmann::json& report) {
    return report["timings_s"].contains("verify") &&
           report["provenance"].dump().find("verify.safetensors") != std::string::npos;
  };
  write_verifier(128);
  ASSERT_EQ(run_with("least_score: 0, large_least_score: 0"), 0) << errors();
  EXPECT_EQ(output()["status"], "lesions");
  EXPECT_TRUE(is_verified(output()));
  ASSERT_EQ(run_with("least_score: 1, large_least_score: 1"), 0) << errors();
  EXPECT_EQ(output()["status"], "no_lesion");
  ASSERT_EQ(run_with("use: false"), 0) << errors();
  EXPECT_EQ(output()["status"], "lesions");
  EXPECT_FALSE(is_verified(output()));
  write_verifier(256);  // trained behind another detector
  EXPECT_NE(run_with("least_score: 0, large_least_score: 0"), 0);
  EXPECT_NE(errors().find("use: false"), std::string::npos) << errors();
}

TEST_F(DiagnoseTest, FilesUnderTheAuthorsNamesTellTheirNetworksByTheirTensors) {
  strip_metadata(models() / "detect.safetensors", models() / "best.pt");
  strip_metadata(models() / "benign_malignant.safetensors", models() / "Time_BM.pth.tar");
  strip_metadata(models() / "benign.safetensors", models() / "Time_B.pth.tar");
  strip_metadata(models() / "malignant.safetensors", models() / "Time_M.pth.tar");
  ASSERT_EQ(diagnose("--recipe " + (folder_.path() / "credulous.yaml").string()), 0) << errors();
  const nlohmann::json report = output();
  EXPECT_EQ(report["status"], "lesions");
  std::set<std::string> files;
  for (const auto& model : report["provenance"]["models"]) files.insert(model["file"]);
  EXPECT_EQ(
      files,
      (std::set<std::string>{"segment.safetensors", "best.pt", "Time_BM.pth.tar", "Time_B.pth.tar", "Time_M.pth.tar"}));
}

TEST_F(DiagnoseTest, AClassifierWithAnotherNumberOfClassesIsRefused) {
  fs::remove(models() / "benign_malignant.safetensors");
  strip_metadata(models() / "benign.safetensors", models() / "Time_BM.pth.tar");
  EXPECT_EQ(diagnose("--recipe " + (folder_.path() / "credulous.yaml").string()), 10);
  EXPECT_NE(errors().find("3 classes"), std::string::npos) << errors();
}

TEST_F(DiagnoseTest, SameInputGivesTheSameResult) {
  const std::string recipe = "--threads 1 --recipe " + (folder_.path() / "credulous.yaml").string();
  ASSERT_EQ(diagnose(recipe), 0) << errors();
  const nlohmann::json first = output();
  const std::string mask = read_file(out() / "lesions.nii.gz");
  ASSERT_EQ(diagnose(recipe), 0) << errors();
  EXPECT_EQ(first["lesions"], output()["lesions"]);
  EXPECT_EQ(first["patient"], output()["patient"]);
  EXPECT_EQ(mask, read_file(out() / "lesions.nii.gz"));
}

TEST_F(DiagnoseTest, EvidenceForTheDiagnosis) {
  write_file(folder_.path() / "explained.yaml",
             "inherits: credulous\nstages:\n  explain:\n    options:\n      method: expected_gradients\n"
             "      voxels: true\n      expected_gradients: {baseline: zero, samples: 2}\n");
  ASSERT_EQ(diagnose("--recipe " + (folder_.path() / "explained.yaml").string()), 0) << errors();
  const nlohmann::json report = output();
  // The phases' values sum to the way from no phase to all, which is the log odds of the patient's probability.
  const nlohmann::json& shapley = report["patient"]["shapley"]["benign_malignant"];
  double sum = 0;
  for (const auto& item : shapley["phases"].items()) sum += item.value().get<double>();
  EXPECT_NEAR(sum, shapley["all"].get<double>() - shapley["none"].get<double>(), 1e-9);
  const double p = report["patient"]["benign_malignant"][shapley["class"].get<std::string>()];
  EXPECT_NEAR(shapley["all"].get<double>(), std::log(p / (1 - p)), 1e-9);
  EXPECT_EQ(report["patient"]["shapley"].size(), 3u);
  EXPECT_EQ(report["explanation"]["method"], "expected_gradients");
  ASSERT_FALSE(report["explanation"]["maps"].empty());
  EXPECT_TRUE(report["explanation"]["maps"][0]["additivity"].contains("residual"));
  int64_t bright = 0;
  for (const char* phase : {"arterial", "portal_venous"}) {
    const Volume<int16_t> map = read_volume(out() / (std::string("maps_") + phase + ".nii.gz"));
    EXPECT_TRUE(same_grid(map.geometry(), read_geometry(study() / (std::string(phase) + ".nii.gz"))));
    bright += std::count(map.values().begin(), map.values().end(), int16_t(1));
  }
  EXPECT_GT(bright, 0);
}

TEST_F(DiagnoseTest, MapsAreCheckedOnReferenceLesions) {
  const Geometry grid = read_geometry(study() / "arterial.nii.gz");
  Mask lesion(grid);
  for (int64_t j = 40; j < 50; ++j)
    for (int64_t i = 40; i < 52; ++i) lesion.at(i, j, 2) = 1;
  write_mask(folder_.path() / "lesion.nii.gz", lesion);
  write_file(folder_.path() / "manifest.csv",
             "patient,path,phase,lesions\n1,study/arterial.nii.gz,arterial,lesion.nii.gz\n"
             "1,study/portal_venous.nii.gz,portal_venous,lesion.nii.gz\n");
  const std::string command =
      "trust " + (folder_.path() / "manifest.csv").string() + " --out " + out().string() + " --models " +
      models().string() +
      " --known-phases --methods cam,grad_cam --tolerance-mm 0 --steps 2 --resamples 100 --json --precision f32";
  ASSERT_EQ(run(command), 0) << errors();
  const nlohmann::json trust = output();
  EXPECT_EQ(trust["crops"], 2);
  EXPECT_EQ(trust["layers"][0], "fc");
  EXPECT_EQ(trust["methods"].size(), 4u);  // with the two controls
  EXPECT_EQ(trust["methods"]["cam"]["rank_correlation"].size(), trust["layers"].size());
  EXPECT_EQ(trust["methods"]["cam"]["pointing_game"]["n"], 2);
  EXPECT_NEAR(trust["chance"].get<double>(), 120.0 / (64 * 64), 1e-9);
  for (const char* file : {"trust.json", "trust.csv", "crops.csv", "figure.png"})
    EXPECT_GT(fs::file_size(out() / file), 100u) << file;
  ASSERT_EQ(run(command), 0) << errors();
  EXPECT_EQ(trust, output());
}

TEST_F(DiagnoseTest, NoLiverIsAResult) {
  // Random networks are nowhere sure of a liver.
  ASSERT_EQ(diagnose(""), 0) << errors();
  const nlohmann::json report = output();
  EXPECT_EQ(report["status"], "refused");
  EXPECT_TRUE(fs::exists(out() / "report.html"));
  EXPECT_FALSE(fs::exists(out() / "liver.nii.gz"));
}

TEST_F(DiagnoseTest, ACheckpointOfTheWrongNetworkLeavesNothing) {
  fs::copy_file(
      models() / "benign.safetensors", models() / "segment.safetensors", fs::copy_options::overwrite_existing);
  EXPECT_EQ(diagnose(""), 10);
  EXPECT_NE(errors().find("wrong_checkpoint"), std::string::npos);
  EXPECT_FALSE(fs::exists(out()));
}

TEST_F(DiagnoseTest, AMistakeInARecipeIsNamedByLine) {
  write_file(folder_.path() / "wrong.yaml",
             "inherits: lilnet2024\nstages:\n  detect:\n    options: {confidance: 0.3}\n");
  EXPECT_EQ(run("recipe check " + (folder_.path() / "wrong.yaml").string()), 9);
  EXPECT_NE(errors().find("confidance"), std::string::npos);
  EXPECT_EQ(run("recipe check lilnet2024"), 0) << errors();
}

TEST_F(DiagnoseTest, SegmentWritesOnTheInputsGrid) {
  const fs::path mask = folder_.path() / "liver.nii.gz";
  ASSERT_EQ(run("segment " + (study() / "arterial.nii.gz").string() + " --json --precision f32 --models " +
                models().string() + " --out " + mask.string()),
            0)
      << errors();
  EXPECT_TRUE(same_grid(read_geometry(mask), read_geometry(study() / "arterial.nii.gz")));
  EXPECT_TRUE(output()["liver"].contains("volume_ml"));
}

}  // namespace
}  // namespace hepatica
