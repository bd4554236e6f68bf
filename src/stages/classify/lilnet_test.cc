#include "stages/classify/lilnet.h"

#include <gtest/gtest.h>

namespace hepatica {
namespace {

TEST(AggregateMasks, ByHand) {
  // Two classes: rows j of 10 columns; column 5c + j counts for class c under mask j.
  std::vector<float> out4(50, 100.0f), out3(50, 100.0f);
  for (size_t j = 0; j < 5; ++j) {
    out4[j * 10 + j] = float(j);      // class 0: 0..4, sum 10
    out3[j * 10 + j] = 1.0f;          // sum 5
    out4[j * 10 + 5 + j] = -2.0f;     // class 1: sum -10
    out3[j * 10 + 5 + j] = float(j);  // sum 10
  }
  const std::vector<double> logits = aggregate_masks(out4, out3, 2);
  EXPECT_NEAR(logits[0], 1.5, 1e-12);
  EXPECT_NEAR(logits[1], 0.0, 1e-12);
}

TEST(LilnetClassWeights, RowFiveCOfTheProduct) {
  Array fc{{10, 2}, std::vector<float>(20, 9.0f)};
  fc.values[0] = 1;  // row 0: class 0 without mask
  fc.values[1] = 2;
  fc.values[10] = -1;  // row 5: class 1 without mask
  fc.values[11] = 0;
  const Array fc_ens{{2, 3}, {1, 2, 3, 10, 20, 30}};
  const auto weights = lilnet_class_weights(fc, fc_ens);
  EXPECT_EQ(weights[0], (std::vector<float>{21, 42, 63}));
  EXPECT_EQ(weights[1], (std::vector<float>{-1, -2, -3}));
}

TEST(AggregateWeights, GiveTheAggregateBack) {
  // Two samples of two classes: out[row][column] = 100 row + column; out4 = out3.
  std::vector<float> out;
  for (size_t row = 0; row < 10; ++row)
    for (size_t column = 0; column < 10; ++column) out.push_back(float(100 * row + column));
  const Array weights = aggregate_weights({{0, 1}, {1, 0}});
  ASSERT_EQ(weights.shape, (std::vector<int64_t>{10, 10}));
  double first = 0, second = 0;
  for (size_t v = 0; v < 50; ++v) {
    first += 2 * double(weights.values[v]) * out[v];
    second += 2 * double(weights.values[50 + v]) * out[50 + v];
  }
  EXPECT_NEAR(first, aggregate_masks({out.data(), 50}, {out.data(), 50}, 2)[1], 1e-4);
  EXPECT_NEAR(second, aggregate_masks({out.data() + 50, 50}, {out.data() + 50, 50}, 2)[0], 1e-4);
}

TEST(Sampled, EvenlyWithinEachImage) {
  std::vector<Detection> detections;
  for (int64_t k = 0; k < 9; ++k) detections.push_back({0, k, {}, 1});
  detections.push_back({1, 4, {}, 1});
  const std::vector<Detection> kept = sampled(detections, 3);
  ASSERT_EQ(kept.size(), 4u);
  EXPECT_EQ(kept[0].slice, 1);
  EXPECT_EQ(kept[1].slice, 4);
  EXPECT_EQ(kept[2].slice, 7);
  EXPECT_EQ(kept[3].image, 1u);
  EXPECT_EQ(sampled(detections, 0).size(), 10u);
}

/// A network whose parameters are counted up from 1, a row of `columns` after the other; gains are 1, 2, ...
class CountingPredictor final : public Predictor {
 public:
  CountingPredictor(const std::string& family, int64_t columns) : columns_(columns) {
    metadata_ = {{"network", {{"family", family}, {"arguments", {{"classes", 2}, {"width", .125}}}}}};
  }
  std::map<std::string, Array> run(const Array&, const std::vector<std::string>&) override { return {}; }
  const nlohmann::json& metadata() const override { return metadata_; }
  Array parameter(const std::string& key) const override {
    const bool norm = key == "classifier.0.weight";
    Array values{norm ? std::vector<int64_t>{columns_} : std::vector<int64_t>{2, columns_}, {}};
    for (int64_t i = 0; i < (norm ? 1 : 2) * columns_; ++i) values.values.push_back(float(i + 1));
    asked_.push_back(key);
    return values;
  }
  const std::string& checkpoint_sha256() const override { return sha_; }

  mutable std::vector<std::string> asked_;

 private:
  int64_t columns_;
  nlohmann::json metadata_;
  std::string sha_;
};

TEST(CropNetwork, ClassWeightsOfEveryFamily) {
  const auto weights_of = [](const std::string& family, int64_t columns) {
    const auto predictor = std::make_shared<CountingPredictor>(family, columns);
    auto weights = CropNetwork(predictor, "t", {"a", "b"}, {}).class_weights();
    return std::pair(weights, predictor->asked_);
  };
  EXPECT_EQ(weights_of("densenet", 3).second, (std::vector<std::string>{"classifier.weight"}));
  EXPECT_EQ(weights_of("efficientnet", 3).second, (std::vector<std::string>{"classifier.1.weight"}));
  EXPECT_EQ(weights_of("efficientnet", 3).first[1], (std::vector<float>{4, 5, 6}));
  const auto [weights, asked] = weights_of("convnext", 3);
  EXPECT_EQ(asked, (std::vector<std::string>{"classifier.2.weight", "classifier.0.weight"}));
  // Row 0: (1, 2, 3) times (1, 2, 3) is (1, 4, 9), less 14/3; row 1: (4, 10, 18), less 32/3.
  EXPECT_FLOAT_EQ(weights[0][0], 1 - 14.f / 3);
  EXPECT_FLOAT_EQ(weights[0][2], 9 - 14.f / 3);
  EXPECT_FLOAT_EQ(weights[1][1], 10 - 32.f / 3);
}

/// Says a constant for class 0 and the mean grey for class 1.
class GreyPredictor final : public Predictor {
 public:
  explicit GreyPredictor(const nlohmann::json& metadata) : metadata_(metadata) {}
  std::map<std::string, Array> run(const Array& input, const std::vector<std::string>& wanted) override {
    if (wanted == std::vector<std::string>{"features4"})
      return {{"features4", {{input.shape[0], 2, 1, 1}, std::vector<float>(size_t(input.shape[0]) * 2, 1.0f)}}};
    Array logits{{input.shape[0], 2}, {}};
    const size_t size = input.values.size() / size_t(input.shape[0]);
    for (size_t n = 0; n < size_t(input.shape[0]); ++n) {
      double sum = 0;
      for (size_t v = 0; v < size; ++v) sum += input.values[n * size + v];
      logits.values.push_back(0.25f);
      logits.values.push_back(float(sum / double(size)));
    }
    return {{"logits", logits}};
  }
  const nlohmann::json& metadata() const override { return metadata_; }
  Array parameter(const std::string&) const override { return {{2, 2}, {1, 2, 3, 4}}; }
  const std::string& checkpoint_sha256() const override { return sha_; }

 private:
  nlohmann::json metadata_;
  std::string sha_;
};

nlohmann::json resnet_metadata() {
  return {{"network", {{"family", "resnet"}, {"arguments", {{"depth", 18}, {"classes", 2}}}}},
          {"input", {{"size", 32}, {"level", 50}, {"width", 100}, {"mean", 0}, {"std", 1}}}};
}

TEST(Classifier, CropsAroundTheBoxInBatches) {
  Geometry geometry;
  geometry.size = {64, 64, 3};
  PreprocessedStudy study;
  study.images.resize(1);
  study.images[0].hu = Volume<int16_t>(geometry, int16_t(0));
  for (int16_t& value : study.images[0].hu.slice(1)) value = 75;
  ClassifyOptions options;
  options.batch = 2;
  const auto classifier = make_lilnet_classifier(
      std::make_shared<GreyPredictor>(resnet_metadata()), "benign_malignant", {"benign", "malignant"}, options);
  const std::vector<Detection> detections{
      {0, 0, {20, 20, 30, 30}, 1}, {0, 1, {20, 20, 30, 30}, 1}, {0, 2, {0, 0, 2, 2}, 1}};
  const auto predictions = classifier->classify(study, detections);
  ASSERT_EQ(predictions.size(), 3u);
  EXPECT_NEAR(predictions[0].logits[1], 0.0, 1e-6);
  EXPECT_NEAR(predictions[1].logits[1], 0.75, 1e-6);
  EXPECT_EQ(predictions[1].crop, (Box2{9, 9, 41, 41}));
  const CropModel& model = classifier->crop_model();
  EXPECT_EQ(model.features({model.crop(study, detections[1])}).size(), 1u);
  EXPECT_EQ(model.class_weights()[1], (std::vector<float>{3, 4}));
  EXPECT_NEAR(model.logits({model.crop(study, detections[1])})[0][1], 0.75, 1e-6);
  EXPECT_EQ(model.crop_box(study, detections[1]), (Box2{9, 9, 41, 41}));
  EXPECT_EQ(model.black(), 0.0f);
}

TEST(Classifier, WrongCheckpoints) {
  const auto code_of = [](const nlohmann::json& metadata) {
    try {
      make_lilnet_classifier(std::make_shared<GreyPredictor>(metadata), "benign", {"fnh", "cyst"}, {});
    } catch (const Error& error) {
      return error.code();
    }
    return ErrorCode::internal;
  };
  nlohmann::json metadata = resnet_metadata();
  metadata["network"]["family"] = "yolov8";
  EXPECT_EQ(code_of(metadata), ErrorCode::wrong_checkpoint);
  metadata = resnet_metadata();
  metadata["network"]["arguments"]["classes"] = 3;
  EXPECT_EQ(code_of(metadata), ErrorCode::wrong_checkpoint);
  metadata = resnet_metadata();
  metadata["classes"] = {"cyst", "fnh"};
  EXPECT_EQ(code_of(metadata), ErrorCode::wrong_checkpoint);
}

}  // namespace
}  // namespace hepatica
