#include "stages/explain/crop_map.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/files.h"
#include "stages/explain/linear_model_test.h"
#include "stages/explain/voxel_map.h"

namespace hepatica {
namespace {

const PlaneImage kCrop{1, 2, 2, {1, 2, 3, 4}};

LinearModel linear() { return {{{0, 0, 0, 0}, {2, -1, 0.5f, 3}}, {0, 0.25}}; }

TEST(ExpectedGradients, ExactOnALinearModel) {
  const std::vector<PlaneImage> baselines{{1, 2, 2, {0, 0, 0, 0}}, {1, 2, 2, {2, 0, 2, 4}}};
  ExpectedGradientsOptions options;
  options.samples = 5;  // rounded up to three a baseline
  const PixelValues pixels = expected_gradients(linear(), kCrop, {0, 1}, baselines, options);
  // w (x - mean baseline) with mean baseline (1, 0, 1, 2): 2 * 0, -1 * 2, .5 * 2, 3 * 2.
  const std::vector<float> expected{0, -2, 1, 6};
  ASSERT_EQ(pixels.values.size(), 4u);
  for (size_t v = 0; v < 4; ++v) EXPECT_NEAR(pixels.values[v], expected[v], 1e-6) << v;
  EXPECT_NEAR(pixels.additivity.logit, .25 + 2 - 2 + 1.5 + 12, 1e-6);
  EXPECT_NEAR(pixels.additivity.baseline, .25 + (0 + (4 + 1 + 12)) / 2.0, 1e-6);
  EXPECT_NEAR(pixels.additivity.attributed, 5, 1e-6);
  EXPECT_NEAR(pixels.additivity.residual(), 0, 1e-6);
}

TEST(ExpectedGradients, ChannelsAreSummedAndTheSeedDecides) {
  const PlaneImage two{2, 1, 1, {1, 2}};
  const LinearModel model({{3, 4}, {0, 0}}, {0, 0});
  const PixelValues pixels = expected_gradients(model, two, {1, 0}, {{2, 1, 1, {0, 0}}}, {});
  ASSERT_EQ(pixels.values.size(), 1u);
  EXPECT_NEAR(pixels.values[0], 11, 1e-5);
  EXPECT_EQ(pixels.values, expected_gradients(model, two, {1, 0}, {{2, 1, 1, {0, 0}}}, {}).values);
}

TEST(CropMaps, EveryMethodOfALinearModel) {
  // One channel, its features the crop: CAM and Grad-CAM weigh it by the class's weight and the mean gradient, both
  // positive, so that the map is the crop over its largest value.
  const LinearModel model({{0, 0, 0, 0}, {1, 1, 1, 1}}, {0, 0});
  const std::vector<PlaneImage> black{{1, 2, 2, {-1, -1, -1, -1}}};
  ExplainOptions options;
  for (const char* method : {"grad_cam", "grad_cam_pp"}) {
    options.method = method;
    const std::vector<CropMap> maps =
        crop_maps(model, {kCrop}, {1}, options, [&](size_t) -> const std::vector<PlaneImage>& { return black; });
    EXPECT_EQ(maps.at(0).values, (std::vector<float>{.25f, .5f, .75f, 1})) << method;
    EXPECT_FALSE(maps[0].additivity) << method;
  }
  options.method = "expected_gradients";
  const std::vector<CropMap> maps =
      crop_maps(model, {kCrop}, {1}, options, [&](size_t) -> const std::vector<PlaneImage>& { return black; });
  EXPECT_NEAR(maps.at(0).values[3], 5, 1e-5);
  EXPECT_NEAR(maps[0].additivity->residual(), 0, 1e-5);
}

TEST(CropMaps, WhatMovesAllLogitsAlikeIsNoEvidenceForAMargin) {
  // The first pixel counts 5 for every class, the last 1 for class 1 alone.
  const LinearModel model({{5, 0, 0, 0}, {5, 0, 0, 1}, {5, 0, 0, 0}}, {0, 0, 0});
  const std::vector<PlaneImage> zero{{1, 2, 2, {0, 0, 0, 0}}};
  ExplainOptions options;
  options.method = "expected_gradients";
  const auto map = [&](const char* target) {
    options.target = target;
    return crop_maps(model, {kCrop}, {1}, options, [&](size_t) -> const std::vector<PlaneImage>& { return zero; })
        .front()
        .values;
  };
  EXPECT_EQ(map("logit"), (std::vector<float>{5, 0, 0, 4}));
  EXPECT_EQ(map("margin"), (std::vector<float>{0, 0, 0, 4}));
  EXPECT_EQ(target_weights("margin", 0, 3), (LogitWeights{1, -.5f, -.5f}));
  EXPECT_EQ(target_weights("margin", 0, 1), (LogitWeights{1}));
}

TEST(ShownMap, NegativeEvidenceIsLeftOut) {
  EXPECT_EQ(shown_map({1, 3, {-2, 1, 4}, {}}), (std::vector<float>{0, .25f, 1}));
  EXPECT_EQ(shown_map({1, 2, {-2, -1}, {}}), (std::vector<float>{0, 0}));
  // Of 200 pixels' values the highest is cut to the second.
  CropMap pixels{10, 20, std::vector<float>(200, 1), Additivity{}};
  pixels.values[0] = 50;
  EXPECT_EQ(shown_map(pixels), std::vector<float>(200, 1));
}

PreprocessedStudy study_of(int64_t slices) {
  Geometry geometry;
  geometry.size = {4, 4, slices};
  PreprocessedStudy study;
  study.images.resize(1);
  study.images[0].phase = Phase::arterial;
  study.images[0].hu = Volume<int16_t>(geometry, int16_t(0));
  study.images[0].liver = Mask(geometry);
  return study;
}

TEST(BaselinesOf, LiverIsSoughtWhereThereIsNoFinding) {
  PreprocessedStudy study = study_of(6);
  for (int64_t k = 1; k < 6; ++k)
    for (int64_t i = 0; i < 4; ++i) study.images[0].liver.at(i, 2, k) = 1;
  const std::vector<Detection> findings{{0, 2, {0, 0, 1, 1}, 1}};
  // Slices 1, 3, 4 and 5 serve; two are taken, from the middles of two halves.
  const std::vector<Detection> places = liver_places(study, 0, findings, 2);
  ASSERT_EQ(places.size(), 2u);
  EXPECT_EQ(places[0].slice, 3);
  EXPECT_EQ(places[1].slice, 5);
  EXPECT_EQ(places[0].box, (Box2{1.5, 2, 2.5, 3}));
  EXPECT_EQ(baselines_of(linear(), study, 0, findings, {}).crops.size(), 4u);
}

TEST(BaselinesOf, WithoutSuchLiverTheMeanIsTakenAndSaid) {
  const Baselines baselines = baselines_of(linear(), study_of(2), 0, {}, {});
  ASSERT_EQ(baselines.crops.size(), 1u);
  EXPECT_EQ(baselines.crops[0].values, (std::vector<float>{0, 0, 0, 0}));
  EXPECT_NE(baselines.warning.find("arterial"), std::string::npos);
  ExpectedGradientsOptions options;
  options.baseline = "black";
  EXPECT_EQ(baselines_of(linear(), study_of(2), 0, {}, options).crops[0].values, (std::vector<float>{-1, -1, -1, -1}));
}

TEST(VoxelMap, LargestWhereCropsOverlapAndNothingOutside) {
  const PreprocessedStudy study = study_of(2);
  StagePrediction stage;
  ImagePrediction image;
  image.detection = {0, 1, {0, 0, 1, 1}, 1};
  image.crop = {-1, -1, 2, 2};
  image.activation = {.1f, .2f, .3f, .4f, .5f, .6f, .7f, .8f, .9f};
  image.activation_rows = image.activation_columns = 3;
  stage.images.push_back(image);
  image.crop = {1, 1, 2, 2};
  image.activation = {.95f};
  image.activation_rows = image.activation_columns = 1;
  stage.images.push_back(image);
  const Volume<float> map = voxel_map(stage, study, 0);
  EXPECT_FLOAT_EQ(map.at(0, 0, 1), .5f);
  EXPECT_FLOAT_EQ(map.at(1, 0, 1), .6f);
  EXPECT_FLOAT_EQ(map.at(1, 1, 1), .95f);
  EXPECT_FLOAT_EQ(map.at(2, 2, 1), 0);
  EXPECT_FLOAT_EQ(map.at(0, 0, 0), 0);
}

TEST(ReadExplainOptions, KeysAndMistakes) {
  const TemporaryFolder folder;
  const auto read = [&](const std::string& text) {
    write_file(folder.path() / "r.yaml", text);
    return read_explain_options(load_recipe((folder.path() / "r.yaml").string(), {}));
  };
  const ExplainOptions options =
      read("method: grad_cam_pp\nvoxels: true\nexpected_gradients: {baseline: black}\nphase_shapley: {none: zero}\n");
  EXPECT_EQ(options.method, "grad_cam_pp");
  EXPECT_TRUE(options.voxels);
  EXPECT_EQ(options.expected_gradients.baseline, "black");
  EXPECT_EQ(options.phase_shapley.none, "zero");
  EXPECT_EQ(options.target, "margin");
  EXPECT_THROW(read("method: lime\n"), Error);
  EXPECT_THROW(read("target: probability\n"), Error);
  EXPECT_THROW(read("expected_gradients: {samples: 0}\n"), Error);
  EXPECT_THROW(read("phase_shapley: {values: logit}\n"), Error);
}

}  // namespace
}  // namespace hepatica
