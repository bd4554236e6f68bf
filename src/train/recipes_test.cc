// The published system's recipes say what its paper and its code say.
#include <gtest/gtest.h>

#include "base/error.h"
#include "dataset/crop_augment.h"
#include "train/fit.h"
#include "train/train.h"
#include "train/volume_task.h"
#include "train/yolo_augment.h"

namespace hepatica::train {
namespace {

Block train_block(const std::string& recipe) {
  return load_recipe(recipe, installed_folders("recipes")).child("train");
}

FitOptions classifier_fit(const std::string& recipe, const std::string& role) {
  return fit_options(train_block(recipe).child("classify").child(role).child("fit"));
}

// Learning rate .01, a tenth every 10 epochs down to 1e-4, weight decay 1e-4 (Nat Commun 2024, Methods).
TEST(Recipes, LilnetsPaper) {
  for (const char* role : {"benign_malignant", "benign", "malignant"}) {
    const FitOptions fit = classifier_fit("lilnet2024", role);
    EXPECT_EQ(fit.optimizer, "sgd");
    EXPECT_EQ(fit.learning_rate, 0.01);
    EXPECT_EQ(fit.step_epochs, (std::vector<double>{10, 20}));
    EXPECT_EQ(fit.weight_decay, 1e-4);
    EXPECT_TRUE(fit.decay_all);
    EXPECT_EQ(fit.batch, 128);
    EXPECT_FALSE(fit.drop_last);
  }
}

// BM_train.py, Benign_train.py, Malignant_train.py of commit 2032589.
TEST(Recipes, LilnetsCode) {
  const double decays[] = {1e-4, 1e-5, 1e-8}, factors[] = {0.1, 0.1, 0};
  const char* roles[] = {"benign_malignant", "benign", "malignant"};
  for (size_t i = 0; i < 3; ++i) {
    const FitOptions fit = classifier_fit("lilnet2024_code", roles[i]);
    EXPECT_EQ(fit.epochs, 20);
    EXPECT_EQ(fit.learning_rate, 1e-3);
    EXPECT_EQ(fit.step_epochs, (std::vector<double>{10, 15}));
    EXPECT_EQ(fit.weight_decay, decays[i]);
    EXPECT_EQ(fit.step_factor, factors[i]);
    EXPECT_FALSE(fit.shared_batch_norms);
    EXPECT_EQ(fit.batch, 128);  // of the recipe that it is built on
  }
}

TEST(Recipes, LilnetsCropsAreVariedByTask) {
  for (const char* recipe : {"lilnet2024", "lilnet2024_code"}) {
    const Block tasks = train_block(recipe).child("classify");
    const auto of = [&](const char* role) { return crop_augment_options(tasks.child(role).child("crop_augment")); };
    EXPECT_EQ(of("benign_malignant").rotation_deg, 90);
    EXPECT_EQ(of("benign_malignant").invert, 0.5);
    EXPECT_EQ(of("benign_malignant").noise, 0.2);
    EXPECT_EQ(of("benign").invert_first, (std::vector<std::string>{"cyst"}));
    EXPECT_EQ(of("benign").noise, std::string(recipe) == "lilnet2024" ? 0.2 : 0);
    EXPECT_EQ(of("malignant").rotation_deg, 360);
    EXPECT_EQ(of("malignant").invert, 0);
    EXPECT_EQ(of("malignant").salt_pepper, std::string(recipe) == "lilnet2024" ? 0.2 : 0);
  }
}

// Detection/train.py of LiLNet; the rest is YOLOv8's.
TEST(Recipes, LilnetsDetector) {
  const Block detect = train_block("lilnet2024").child("detect");
  const FitOptions fit = fit_options(detect.child("fit"));
  EXPECT_EQ(fit.epochs, 200);
  EXPECT_EQ(fit.batch, 64);
  EXPECT_EQ(fit.warmup_epochs, 0);
  EXPECT_EQ(fit.optimizer, "auto");
  EXPECT_EQ(fit.nominal_batch, 64);
  EXPECT_EQ(fit.closing_epochs, 10);
  EXPECT_EQ(fit.ema, 0.9999);
  EXPECT_EQ(fit.ema_ramp, 2000);
  EXPECT_EQ(yolo_augment_options(detect.child("yolo_augment")).mosaic, 0.1);
}

TEST(Recipes, EveryRoleIsTrained) {
  EXPECT_EQ(roles_to_train(load_recipe("lilnet2024", installed_folders("recipes")), {}),
            (std::vector<std::string>{"segment", "detect", "benign_malignant", "benign", "malignant"}));
}

// The defaults of 3DUnetCNN's examples; patches as nnU-Net draws them.
TEST(Recipes, TheLiverIsLearnedInSpace) {
  const Block segment = train_block("lilnet2024").child("segment");
  OptionReader reader(segment);
  OptionReader network(reader.block("network"));
  const nlohmann::json arguments = json_from_block(network.block("arguments"));
  const nn::Graph graph = nn::build_graph(network.text("family", ""), arguments);
  const VolumeTaskOptions options = volume_task_options(reader, graph, segment_input_from_block(reader.block("input")));
  EXPECT_EQ(graph.arguments.at("filters"), (std::vector<int>{64, 96, 128, 192, 256, 384}));
  EXPECT_EQ(largest_shrinkage(graph), (std::vector<int64_t>{32, 32, 32}));
  EXPECT_EQ(foreground_patches(2, options.patch.foreground), 1u);
  EXPECT_EQ(foreground_patches(6, options.patch.foreground), 2u);
  const FitOptions fit = fit_options(segment.child("fit"));
  EXPECT_EQ(fit.epochs, 250);
  EXPECT_EQ(fit.learning_rate, 1e-3);
  EXPECT_EQ(fit.weight_decay, 0);
}

// Nothing would look at --data.
TEST(Recipes, DataThatNoStageUsesAreRefused) {
  TemporaryFolder folder;
  write_file(folder.path() / "r.yaml",
             "train:\n  segment:\n    network: {family: dynunet, arguments: {dims: 2, filters: [4, 8, 8]}}\n"
             "    data:\n      phantoms: {share: 1, patients: 2}\n");
  TrainRequest request;
  request.data = folder.path() / "cohort.csv";
  request.out = folder.path() / "out";
  try {
    train(load_recipe((folder.path() / "r.yaml").string(), {}), request);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::usage);
    const std::string text = error.what();
    for (const char* part : {"--data", "segment", "cohort.csv", "manifest: {share: 1}"})
      EXPECT_NE(text.find(part), std::string::npos) << part << " in " << text;
  }
  EXPECT_FALSE(fs::exists(request.out));
}

}  // namespace
}  // namespace hepatica::train
