#include <gtest/gtest.h>

#include <cmath>
#include <thread>

#include "base/error.h"
#include "base/files.h"
#include "engine/predictor.h"
#include "nn/checkpoint.h"

namespace hepatica {
namespace {

Array noise(const std::vector<int64_t>& shape, uint64_t seed) {
  Rng rng(seed);
  Array array{shape, {}};
  int64_t count = 1;
  for (int64_t size : shape) count *= size;
  for (int64_t i = 0; i < count; ++i) array.values.push_back(float(rng.normal()));
  return array;
}

void write(const fs::path& path, const nn::Network& network) {
  nn::Checkpoint checkpoint;
  checkpoint.tensors = network.state();
  checkpoint.metadata = {{"network", {{"family", network.graph().family}, {"arguments", network.graph().arguments}}},
                         {"classes", {"a", "b"}}};
  nn::write_checkpoint(path, checkpoint, false);
}

bool has_bf16_hardware() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512bf16") != 0;
#else
  return false;
#endif
}

/// Largest difference over the largest absolute value expected.
double relative_difference(const Array& a, const torch::Tensor& expected) {
  EXPECT_EQ(a.shape, expected.sizes().vec());
  const auto mine = torch::from_blob(const_cast<float*>(a.values.data()), a.shape);
  return ((mine - expected).abs().max() / expected.abs().max()).item<double>();
}

class PredictorTest : public testing::Test {
 protected:
  static std::vector<nn::Graph> graphs() {
    nn::DynUNetOptions flat, deep;
    flat.dims = 2;
    flat.filters = deep.filters = {16, 24, 32};
    flat.norm = "batch";
    return {nn::lilnet(18, 2, .25), nn::yolov8("n", 1), nn::dynunet(flat), nn::dynunet(deep)};
  }
  static Array input_of(const nn::Graph& graph) {
    if (graph.family != "dynunet") return noise({2, 3, 64, 64}, 3);
    return graph.arguments["dims"] == 2 ? noise({2, 1, 64, 64}, 3) : noise({2, 1, 16, 16, 16}, 3);
  }
  static torch::Tensor reference(nn::Network& network, const Array& input, const std::string& output) {
    const torch::NoGradGuard no_grad;
    const auto x = torch::from_blob(const_cast<float*>(input.values.data()), input.shape);
    return network.forward(x, false, {output}).at(output).clone();
  }
  TemporaryFolder folder_;
};

TEST_F(PredictorTest, EqualsTheNetworkInF32AndIsCloseInBf16) {
  for (const auto& graph : graphs()) {
    nn::Network network(graph, 1);
    const fs::path path = folder_.path() / "n.safetensors";
    write(path, network);
    const Array input = input_of(graph);
    // A processor without bf16 instructions emulates them and adds up in bf16, too; automatic takes f32 there.
    for (const auto& [precision, tolerance] : {std::pair{Precision::f32, 1e-4},
                                               std::pair{Precision::automatic, .03},
                                               std::pair{Precision::bf16, has_bf16_hardware() ? .03 : .15}}) {
      const auto predictor = make_predictor(path, {precision, "cpu"});
      for (const auto& [output, node] : graph.outputs) {
        const auto out = predictor->run(input, {output});
        EXPECT_LT(relative_difference(out.at(output), reference(network, input, output)), tolerance)
            << graph.family << " " << output;
      }
    }
  }
}

TEST_F(PredictorTest, TellsWhatTheFileHolds) {
  const nn::Network network(nn::lilnet(18, 2, .25), 1);
  const fs::path path = folder_.path() / "n.safetensors";
  write(path, network);
  const auto predictor = make_predictor(path, {});
  EXPECT_EQ(predictor->metadata()["classes"][1], "b");
  EXPECT_EQ(predictor->checkpoint_sha256(), sha256_of_file(path));
  EXPECT_LT(relative_difference(predictor->parameter("fc_ens.weight"), network.state().at("fc_ens.weight").detach()),
            1e-6);
  EXPECT_LT(relative_difference(predictor->parameter("conv1.weight"), network.state().at("conv1.weight").detach()),
            1e-6);
  EXPECT_THROW(predictor->parameter("nonsense"), Error);
}

TEST_F(PredictorTest, TensorsTellTheNetworkWhereTheFileDoesNot) {
  nn::Checkpoint checkpoint;
  const nn::Network network(nn::lilnet(18, 3, .125), 1);
  checkpoint.tensors = network.state();
  const fs::path path = folder_.path() / "n.safetensors";
  nn::write_checkpoint(path, checkpoint, false);
  const nlohmann::json right{{"family", "lilnet"}, {"arguments", network.graph().arguments}};
  const nlohmann::json hint{{"family", "lilnet"}, {"arguments", {{"depth", 50}, {"classes", 2}}}};
  for (const auto& given : {nlohmann::json(nullptr), right, hint})
    EXPECT_EQ(make_predictor(path, {}, given)->metadata()["network"], right) << given;
}

TEST_F(PredictorTest, NetworkMustBeKnownAndFit) {
  nn::Checkpoint checkpoint;
  checkpoint.tensors = nn::Network(nn::resnet(18, 2, .125), 1).state();
  const fs::path path = folder_.path() / "n.safetensors";
  for (const char* key :
       {"layer3.0.conv2.weight", "conv1.weight"}) {  // one is missed; without the other nothing is known
    checkpoint.tensors.erase(key);
    nn::write_checkpoint(path, checkpoint, false);
    try {
      make_predictor(path, {});
      ADD_FAILURE() << key;
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), ErrorCode::wrong_checkpoint) << e.what();
    }
  }
}

TEST_F(PredictorTest, BadInputIsAnError) {
  const fs::path path = folder_.path() / "n.safetensors";
  write(path, nn::Network(nn::resnet(18, 2, .125), 1));
  const auto predictor = make_predictor(path, {});
  EXPECT_THROW(predictor->run(noise({1, 5, 64, 64}, 1), {"logits"}), Error);
  EXPECT_THROW(predictor->run(Array{{1, 3, 64, 64}, {1.f}}, {"logits"}), Error);
  EXPECT_THROW(predictor->run(noise({1, 3, 64, 64}, 1), {"nonsense"}), Error);
  EXPECT_THROW(make_predictor(path, {Precision::f32, "tpu"}), Error);
  EXPECT_THROW(make_predictor(folder_.path() / "none", {}), Error);
}

/// Weights that pick class 1 of two for each of `count` samples.
std::map<std::string, Array> second_logit(int64_t count) {
  Array weights{{count, 2}, {}};
  for (int64_t n = 0; n < count; ++n) weights.values.insert(weights.values.end(), {0.f, 1.f});
  return {{"logits", weights}};
}

TEST_F(PredictorTest, GradientInTheFeaturesIsTheHeadsWeightOverTheCells) {
  const fs::path path = folder_.path() / "n.safetensors";
  nn::Network network(nn::resnet(18, 2, .125), 1);
  write(path, network);
  const Array input = noise({2, 3, 64, 64}, 3), fc = make_predictor(path, {})->parameter("fc.weight");
  for (const Precision precision : {Precision::f32, Precision::bf16}) {
    const Differential d = make_predictor(path, {precision, "cpu"})->differentiate(input, second_logit(2), "features4");
    // logit = fc * mean over the 2 x 2 cells of each channel + bias.
    ASSERT_EQ(d.gradient.shape, (std::vector<int64_t>{2, fc.shape[1], 2, 2}));
    for (size_t v = 0; v < d.gradient.values.size(); ++v)
      EXPECT_NEAR(d.gradient.values[v], fc.values[size_t(fc.shape[1]) + v / 4 % size_t(fc.shape[1])] / 4, 1e-6);
    const torch::Tensor logits = reference(network, input, "logits");
    for (int64_t n = 0; n < 2; ++n) EXPECT_NEAR(d.values[size_t(n)], logits[n][1].item<double>(), 1e-4);
  }
}

TEST_F(PredictorTest, GradientInTheInputIsThatOfSmallSteps) {
  const fs::path path = folder_.path() / "n.safetensors";
  nn::Network network(nn::lilnet(18, 2, .125), 1);
  write(path, network);
  const auto predictor = make_predictor(path, {Precision::f32, "cpu"});
  Array input = noise({1, 3, 64, 64}, 3), weights{{5, 10}, std::vector<float>(50, 0.f)};
  weights.values[23] = .5f;
  const Differential d = predictor->differentiate(input, {{"out4", weights}, {"out3", weights}}, "input");
  ASSERT_EQ(d.gradient.shape, input.shape);
  EXPECT_EQ(d.at.values, input.values);
  double along = 0, squares = 0;
  for (const float g : d.gradient.values) squares += double(g) * g;
  constexpr double kStep = 1e-2;  // along the gradient, of length 1
  for (size_t v = 0; v < input.values.size(); ++v)
    input.values[v] += float(kStep * d.gradient.values[v] / std::sqrt(squares));
  along = predictor->differentiate(input, {{"out4", weights}, {"out3", weights}}, "input").values[0] - d.values[0];
  EXPECT_NEAR(along / kStep, std::sqrt(squares), .05 * std::sqrt(squares));
}

TEST_F(PredictorTest, UntrainedLayersFromTheHead) {
  const fs::path path = folder_.path() / "n.safetensors";
  write(path, nn::Network(nn::resnet(18, 2, .125), 1));
  const auto predictor = make_predictor(path, {Precision::f32, "cpu"});
  EXPECT_EQ(predictor->layer_groups().front(), "fc");
  const auto changed = predictor->with_random_layers(1, 9);
  const Array input = noise({1, 3, 64, 64}, 3);
  const auto before = predictor->run(input, {"features4", "logits"}),
             after = changed->run(input, {"features4", "logits"});
  EXPECT_EQ(before.at("features4").values, after.at("features4").values);
  EXPECT_NE(before.at("logits").values, after.at("logits").values);
}

TEST_F(PredictorTest, ManyThreadsGetTheirOwnAnswers) {
  const fs::path path = folder_.path() / "n.safetensors";
  nn::Network network(nn::resnet(18, 2, .125), 1);
  write(path, network);
  const auto predictor = make_predictor(path, {Precision::f32, "cpu"});
  std::vector<std::thread> threads;
  for (uint64_t i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      const Array input = noise({1, 3, 64, 64}, i);
      const auto out = predictor->run(input, {"logits"});
      EXPECT_LT(relative_difference(out.at("logits"), reference(network, input, "logits")), 1e-4);
    });
  }
  for (auto& thread : threads) thread.join();
}

}  // namespace
}  // namespace hepatica
