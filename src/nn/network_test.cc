#include "nn/network.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "nn/operations.h"

namespace hepatica::nn {
namespace {

TEST(Network, QuadrantMeansEqualExplicitMasks) {
  torch::manual_seed(1);
  const auto x = torch::randn({2, 3, 7, 7});
  const auto means = quadrant_means(x);
  ASSERT_EQ(means.sizes(), (std::vector<int64_t>{10, 3}));
  // Halves rounded down: 3 and 4 of 7. Order: none, top-left, top-right, bottom-left, bottom-right.
  const int64_t boxes[5][4] = {{0, 0, 0, 0}, {0, 3, 0, 3}, {0, 3, 3, 7}, {3, 7, 0, 3}, {3, 7, 3, 7}};
  for (int64_t sample = 0; sample < 2; ++sample) {
    for (int64_t mask = 0; mask < 5; ++mask) {
      auto masked = x[sample].clone();
      const auto* b = boxes[mask];
      masked.slice(1, b[0], b[1]).slice(2, b[2], b[3]).zero_();
      EXPECT_TRUE(torch::allclose(means[5 * sample + mask], masked.mean({1, 2}), 1e-5, 1e-6)) << mask;
    }
  }
}

TEST(Network, LilnetOutputsHaveTheirShapes) {
  Network network(lilnet(18, 3, .25), 1);
  const torch::NoGradGuard no_grad;
  const auto out = network.forward(torch::randn({2, 3, 224, 224}), false);
  EXPECT_EQ(out.at("out4").sizes(), (std::vector<int64_t>{10, 15}));
  EXPECT_EQ(out.at("out3").sizes(), (std::vector<int64_t>{10, 15}));
  EXPECT_EQ(out.at("sd").sizes(), (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(out.at("features4").sizes(), (std::vector<int64_t>{2, 128, 7, 7}));
}

TEST(Network, YoloOutputsHaveTheirShapes) {
  Network network(yolov8("n", 2), 1);
  const torch::NoGradGuard no_grad;
  const auto out = network.forward(torch::rand({1, 3, 128, 64}), false);
  EXPECT_EQ(out.at("p3").sizes(), (std::vector<int64_t>{1, 66, 16, 8}));
  EXPECT_EQ(out.at("p5").sizes(), (std::vector<int64_t>{1, 66, 4, 2}));
}

TEST(Network, WantedOutputsAloneEqualAll) {
  Network network(lilnet(18, 2, .25), 3);
  const torch::NoGradGuard no_grad;
  const auto input = torch::randn({1, 3, 64, 64});
  const auto all = network.forward(input, false);
  const auto one = network.forward(input, false, {"sd"});
  ASSERT_EQ(one.size(), 1u);
  EXPECT_TRUE(torch::equal(one.at("sd"), all.at("sd")));
  EXPECT_THROW(network.forward(input, false, {"nonsense"}), Error);
}

TEST(Network, MemoryReuseDoesNotChangeValues) {
  DynUNetOptions options;
  options.dims = 3;
  options.filters = {4, 8, 16};
  for (const Graph& graph : {dynunet(options), yolov8("n", 1), resnet(50, 2, .25)}) {
    Network network(graph, 5);
    const auto input = graph.family == "dynunet" ? torch::randn({1, 1, 16, 16, 8}) : torch::randn({2, 3, 64, 64});
    const auto with_gradients = network.forward(input, false);
    const torch::NoGradGuard no_grad;
    for (const auto& [name, value] : network.forward(input, false)) {
      EXPECT_TRUE(torch::allclose(value, with_gradients.at(name), 1e-5, 1e-6)) << graph.family << " " << name;
    }
  }
}

TEST(Network, BlockTransposeEqualsLibTorch) {
  torch::manual_seed(2);
  const Node node{"conv_transpose",
                  "up",
                  {"input"},
                  {{"kernel", {2, 1}},
                   {"stride", {2, 1}},
                   {"padding", {0, 0}},
                   {"output_padding", {0, 0}},
                   {"in", {5}},
                   {"out", {3}},
                   {"bias", {1}}}};
  const TensorMap state{{"up.weight", torch::randn({5, 3, 2, 1})}, {"up.bias", torch::randn({3})}};
  const auto x = torch::randn({2, 5, 4, 6});
  const auto expected = torch::conv_transpose2d(x, state.at("up.weight"), state.at("up.bias"), {2, 1});
  EXPECT_TRUE(torch::allclose(apply_node(node, {x}, state, false, false), expected, 1e-4, 1e-5));
  const auto last = x.contiguous(torch::MemoryFormat::ChannelsLast);
  EXPECT_TRUE(torch::allclose(apply_node(node, {last}, state, false, false), expected, 1e-4, 1e-5));
}

TEST(Network, InstanceNormEqualsLibTorchInEveryFormat) {
  torch::manual_seed(2);
  const Node node{"instance_norm", "n", {"input"}, {{"channels", {8}}, {"eps", {1e-5}}, {"affine", {1}}}};
  const TensorMap state{{"n.weight", torch::randn({8})}, {"n.bias", torch::randn({8})}};
  for (const auto& [x, format] : {std::pair{torch::randn({3, 8, 5, 7}), torch::MemoryFormat::ChannelsLast},
                                  std::pair{torch::randn({2, 8, 5, 7, 3}), torch::MemoryFormat::ChannelsLast3d}}) {
    const auto expected = at::instance_norm(x, state.at("n.weight"), state.at("n.bias"), {}, {}, true, 0, 1e-5, true);
    EXPECT_TRUE(torch::allclose(apply_node(node, {x}, state, false, false), expected, 1e-4, 1e-5));
    const auto last = x.contiguous(format);
    EXPECT_TRUE(torch::allclose(apply_node(node, {last}, state, false, false), expected, 1e-4, 1e-5));
    const auto bf16 = apply_node(node, {last.to(torch::kBFloat16)}, state, false, false);
    EXPECT_TRUE(torch::allclose(bf16.to(torch::kFloat), expected, .03, .03));
  }
}

TEST(Network, DynUNetLogitsHaveTheInputsSizeWhereUpsampled) {
  DynUNetOptions options;
  options.dims = 2;
  options.filters = {4, 8, 16};
  options.norm = "batch";
  options.strides = {{2, 2}, {2, 2}, {2, 2}};
  const auto input = torch::randn({1, 1, 32, 16});
  EXPECT_EQ(Network(dynunet(options), 1).forward(input, true).at("logits").sizes(),
            (std::vector<int64_t>{1, 1, 16, 8}));
  options.upsample_logits = true;
  EXPECT_EQ(Network(dynunet(options), 1).forward(input, true).at("logits").sizes(), input.sizes());
}

TEST(Network, SameSeedSameValues) {
  const Network a(resnet(18, 2, .25), 7), b(resnet(18, 2, .25), 7), c(resnet(18, 2, .25), 8);
  for (const auto& [key, value] : a.state()) EXPECT_TRUE(torch::equal(value, b.state().at(key))) << key;
  EXPECT_FALSE(torch::equal(a.state().at("conv1.weight"), c.state().at("conv1.weight")));
  // He's rule: variance 2 / (out * kernel area) = 2 / (16 * 49).
  EXPECT_NEAR(a.state().at("conv1.weight").std().item<double>(), std::sqrt(2.0 / (16 * 49)), 2e-3);
}

TEST(Network, YoloHeadBiasesFollowThePublishedRule) {
  const Network network(yolov8("n", 4), 1);
  EXPECT_FLOAT_EQ(network.state().at("model.22.cv2.1.2.bias")[0].item<float>(), 1.f);
  EXPECT_FLOAT_EQ(network.state().at("model.22.cv3.2.2.bias")[3].item<float>(), std::log(5.f / 4 / 400));
  EXPECT_FALSE(network.state().at("model.22.dfl.conv.weight").requires_grad());
}

TEST(Network, TrainingUpdatesRunningStatistics) {
  Network network(resnet(18, 2, .25), 1);
  const auto out = network.forward(torch::randn({4, 3, 64, 64}), true);
  out.at("logits").sum().backward();
  EXPECT_EQ(network.state().at("bn1.num_batches_tracked").item<int64_t>(), 1);
  EXPECT_GT(network.state().at("bn1.running_mean").abs().sum().item<double>(), 0);
  for (const auto& [key, value] : network.named_trainable()) EXPECT_TRUE(value.grad().defined()) << key;
}

TEST(Network, LoadNamesEveryKeyThatDoesNotFit) {
  Network network(resnet(18, 2, .25), 1);
  TensorMap values = network.state();
  values.erase("conv1.weight");
  values["extra.weight"] = torch::zeros({1});
  values["fc.bias"] = torch::zeros({3});
  try {
    network.load(values, "some.safetensors");
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::wrong_checkpoint);
    const std::string text = e.what();
    EXPECT_NE(text.find("some.safetensors"), std::string::npos);
    EXPECT_NE(text.find("1 missing (conv1.weight)"), std::string::npos) << text;
    EXPECT_NE(text.find("1 unexpected (extra.weight)"), std::string::npos) << text;
    EXPECT_NE(text.find("fc.bias [3] for [2]"), std::string::npos) << text;
  }
}

TEST(Network, LoadAcceptsDataParallelPrefixesAndMonaiAliases) {
  DynUNetOptions options;
  options.dims = 2;
  options.filters = {4, 8, 16};
  const Network source(dynunet(options), 1);
  TensorMap values;
  for (const auto& [key, value] : source.state()) {
    values["module." + key] = value;
    values["module.skip_layers.downsample." + key] = value;
  }
  Network target(dynunet(options), 2);
  target.load(values, "x");
  for (const auto& [key, value] : target.state()) EXPECT_TRUE(torch::equal(value, source.state().at(key))) << key;
}

}  // namespace
}  // namespace hepatica::nn
