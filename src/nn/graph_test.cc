#include "nn/graph.h"

#include <gtest/gtest.h>

#include <set>

#include "base/error.h"
#include "nn/classifiers.h"
#include "nn/guess.h"

namespace hepatica::nn {
namespace {

// torchvision's published counts (https://pytorch.org/vision/stable/models.html).
TEST(Graph, ResnetHasThePublishedParameterCounts) {
  EXPECT_EQ(parameter_count(resnet(18, 1000)), 11'689'512);
  EXPECT_EQ(parameter_count(resnet(34, 1000)), 21'797'672);
  EXPECT_EQ(parameter_count(resnet(50, 1000)), 25'557'032);
  EXPECT_EQ(parameter_count(resnet(101, 1000)), 44'549'160);
}

// torchvision's published counts of densenet121, efficientnet_b0 and convnext_tiny.
TEST(Graph, FurtherClassifiersHaveThePublishedParameterCounts) {
  EXPECT_EQ(parameter_count(densenet(121, 1000)), 7'978'856);
  EXPECT_EQ(parameter_count(efficientnet("b0", 1000)), 5'288'548);
  EXPECT_EQ(parameter_count(convnext("tiny", 1000)), 28'589'128);
}

// Keys and shapes of torchvision's densenet121-a639ec97.pth (keys since 0.2), efficientnet_b0_rwightman-3dd342df.pth
// and convnext_tiny-983f1562.pth.
TEST(Graph, FurtherClassifiersUseTorchvisionsKeys) {
  std::map<std::string, std::vector<int64_t>> shapes;
  for (const Graph& graph : {densenet(121, 1000), efficientnet("b0", 1000), convnext("tiny", 1000)})
    for (const auto& info : parameters_of(graph)) shapes[graph.family + " " + info.key] = info.shape;
  using Shape = std::vector<int64_t>;
  EXPECT_EQ(shapes.at("densenet features.conv0.weight"), (Shape{64, 3, 7, 7}));
  EXPECT_EQ(shapes.at("densenet features.denseblock3.denselayer24.norm1.running_mean"), (Shape{992}));
  EXPECT_EQ(shapes.at("densenet features.denseblock4.denselayer16.conv2.weight"), (Shape{32, 128, 3, 3}));
  EXPECT_EQ(shapes.at("densenet features.transition3.conv.weight"), (Shape{512, 1024, 1, 1}));
  EXPECT_EQ(shapes.at("densenet features.norm5.bias"), (Shape{1024}));
  EXPECT_EQ(shapes.at("densenet classifier.weight"), (Shape{1000, 1024}));
  EXPECT_EQ(shapes.at("efficientnet features.0.0.weight"), (Shape{32, 3, 3, 3}));
  EXPECT_EQ(shapes.at("efficientnet features.1.0.block.0.0.weight"), (Shape{32, 1, 3, 3}));
  EXPECT_EQ(shapes.at("efficientnet features.1.0.block.1.fc1.weight"), (Shape{8, 32, 1, 1}));
  EXPECT_EQ(shapes.at("efficientnet features.6.3.block.1.0.weight"), (Shape{1152, 1, 5, 5}));
  EXPECT_EQ(shapes.at("efficientnet features.6.3.block.2.fc2.bias"), (Shape{1152}));
  EXPECT_EQ(shapes.at("efficientnet features.7.0.block.3.1.running_var"), (Shape{320}));
  EXPECT_EQ(shapes.at("efficientnet features.8.0.weight"), (Shape{1280, 320, 1, 1}));
  EXPECT_EQ(shapes.at("efficientnet classifier.1.bias"), (Shape{1000}));
  EXPECT_EQ(shapes.at("convnext features.0.0.bias"), (Shape{96}));
  EXPECT_EQ(shapes.at("convnext features.2.1.weight"), (Shape{192, 96, 2, 2}));
  EXPECT_EQ(shapes.at("convnext features.5.8.layer_scale"), (Shape{384, 1, 1}));
  EXPECT_EQ(shapes.at("convnext features.7.2.block.0.weight"), (Shape{768, 1, 7, 7}));
  EXPECT_EQ(shapes.at("convnext features.7.2.block.3.weight"), (Shape{3072, 768}));
  EXPECT_EQ(shapes.at("convnext classifier.0.weight"), (Shape{768}));
  EXPECT_EQ(shapes.at("convnext classifier.2.weight"), (Shape{1000, 768}));
}

TEST(KeyMatch, DenseNetsOldKeysAreItsNewOnes) {
  EXPECT_EQ(without_module_prefix("module.features.denseblock1.denselayer2.norm.1.running_mean"),
            "features.denseblock1.denselayer2.norm1.running_mean");
  EXPECT_EQ(without_module_prefix("features.denseblock4.denselayer16.conv.2.weight"),
            "features.denseblock4.denselayer16.conv2.weight");
  EXPECT_EQ(without_module_prefix("features.denseblock4.denselayer16.conv2.weight"),
            "features.denseblock4.denselayer16.conv2.weight");
  EXPECT_EQ(without_module_prefix("features.norm5.weight"), "features.norm5.weight");
}

// Trunk of 23,508,032 and heads 1024*5N + 5N, 2048*N + N, 2048*1024 + 1024, 1024*5N + 5N.
TEST(Graph, LilnetHasTheCountsOfItsLayerTable) {
  EXPECT_EQ(parameter_count(lilnet(50, 2)), 25'630'806);
  EXPECT_EQ(parameter_count(lilnet(50, 3)), 25'643'105);
}

// Published counts at 80 classes; counts at one class by the layer table. The 16 fixed DFL weights are included.
TEST(Graph, Yolov8HasThePublishedParameterCounts) {
  const std::map<std::string, std::pair<int64_t, int64_t>> counts{{"n", {3'157'200, 3'011'043}},
                                                                  {"s", {11'166'560, 11'135'987}},
                                                                  {"m", {25'902'640, 25'856'899}},
                                                                  {"l", {43'691'520, 43'630'611}},
                                                                  {"x", {68'229'648, 68'153'571}}};
  for (const auto& [scale, expected] : counts) {
    EXPECT_EQ(parameter_count(yolov8(scale, 80)), expected.first) << scale;
    EXPECT_EQ(parameter_count(yolov8(scale, 1)), expected.second) << scale;
  }
}

// By hand, 2D, filters 4, 8, 16, one channel in and out, 3x3 kernels. A block in -> out holds 9*in*out + 9*out*out +
// 4*out.
//   input 1->4: 36+144+16 = 196; down 4->8: 288+576+32 = 896; bottleneck 8->16: 1152+2304+64 = 3520;
//   up 16->8: transposed 2x2 512, block 16->8 1152+576+32 = 1760; up 8->4: 128, block 8->4 288+144+16 = 448; output
//   4+1.
TEST(Graph, DynUNetHasTheCountOfItsLayerTable) {
  DynUNetOptions options;
  options.dims = 2;
  options.filters = {4, 8, 16};
  EXPECT_EQ(parameter_count(dynunet(options)), 196 + 896 + 3520 + 512 + 1760 + 128 + 448 + 5);
}

// MONAI 1.2.0: DynUNet(3, 4, 3, ...) and DynUNet(3, 1, 1, ...) with the filters of 3DUnetCNN's examples.
TEST(Graph, DynUNetHasMonaisCountAt3DUnetCNNsFilters) {
  DynUNetOptions options;
  EXPECT_EQ(parameter_count(dynunet(options)), 24'923'137);
  options.in_channels = 4;
  options.out_channels = 3;
  EXPECT_EQ(parameter_count(dynunet(options)), 24'928'451);
}

// PyTorch 1.13.1's count of the published layer table, 1 and 4 channels in, 1 and 3 out (tests/parity/torch_parity.py).
TEST(Graph, ResidualUNetHasTheCountOfItsLayerTable) {
  ResidualUNetOptions options;
  EXPECT_EQ(parameter_count(residual_unet(options)), 23'967'458);
  options.in_channels = 4;
  options.out_channels = 3;
  EXPECT_EQ(parameter_count(residual_unet(options)), 23'970'216);
}

TEST(Graph, ResidualUNetUsesThePublishedKeys) {
  std::map<std::string, std::vector<int64_t>> shapes;
  for (const auto& info : parameters_of(residual_unet({}))) shapes[info.key] = info.shape;
  using Shape = std::vector<int64_t>;
  EXPECT_EQ(shapes.at("encoder.layers.0.blocks.0.conv1.norm1.weight"), (Shape{1}));
  EXPECT_EQ(shapes.at("encoder.layers.0.blocks.0.sample.weight"), (Shape{32, 1, 1, 1, 1}));
  EXPECT_EQ(shapes.at("encoder.layers.3.blocks.3.conv2.conv.weight"), (Shape{256, 256, 3, 3, 3}));
  EXPECT_EQ(shapes.at("encoder.downsampling_convolutions.2.weight"), (Shape{128, 128, 3, 3, 3}));
  EXPECT_EQ(shapes.at("decoder.pre_upsampling_blocks.0.weight"), (Shape{128, 256, 1, 1, 1}));
  EXPECT_EQ(shapes.at("decoder.layers.3.blocks.0.sample.weight"), (Shape{32, 64, 1, 1, 1}));
  EXPECT_EQ(shapes.at("final_convolution.weight"), (Shape{1, 32, 1, 1, 1}));
}

TensorShapes shapes_for(const Graph& graph, const std::string& prefix) {
  TensorShapes shapes;
  for (const auto& info : parameters_of(graph)) shapes[prefix + info.key] = info.shape;
  return shapes;
}

TEST(Guess, FindsEveryNetworkFromItsTensorsAlone) {
  DynUNetOptions flat, deep;
  flat.dims = 2;
  flat.filters = {8, 16, 32, 64};
  flat.norm = "batch";
  flat.deep_supervision = 2;
  deep.in_channels = 4;
  deep.kernels.assign(6, {3, 3, 3});
  deep.strides = {{1, 1, 1}, {1, 2, 2}, {2, 2, 2}, {2, 2, 2}, {2, 2, 2}, {2, 2, 2}};
  ResidualUNetOptions residual;
  residual.encoder_blocks = {1, 2, 3};
  residual.decoder_blocks = {2, 1, 1};
  for (const Graph& graph : {resnet(34, 4, .5),
                             resnet(101, 1000),
                             densenet(121, 2, .25, 6),
                             efficientnet("b0", 3, .5),
                             convnext("tiny", 4, 1, 1),
                             lilnet(50, 2),
                             lilnet(18, 3, .25),
                             yolov8("n", 1),
                             yolov8("s", 80),
                             yolov8("m", 1),
                             yolov8("l", 2),
                             yolov8("x", 1),
                             dynunet(flat),
                             dynunet(deep),
                             residual_unet(residual)}) {
    const auto shapes = shapes_for(graph, "module.");
    const nlohmann::json guess = guess_network(shapes);
    ASSERT_FALSE(guess.is_null()) << graph.family;
    EXPECT_EQ(guess["family"], graph.family);
    const Graph again = build_graph(guess["family"], guess["arguments"]);
    EXPECT_EQ(again.arguments, graph.arguments) << graph.family;
    EXPECT_TRUE(match_keys(again, shapes).fits()) << match_keys(again, shapes).text();
  }
}

TEST(Guess, KnowsNothingOfForeignKeys) {
  EXPECT_TRUE(guess_network(TensorShapes{}).is_null());
  EXPECT_TRUE(guess_network(TensorShapes{{"encoder.weight", {3, 4}}, {"fc.weight", {2, 4}}}).is_null());
  TensorShapes shapes = shapes_for(resnet(18, 2), "");
  shapes["conv1.weight"] = {0, 3, 7, 7};
  EXPECT_TRUE(guess_network(shapes).is_null());
}

TEST(Guess, AHintCompletesWhatTensorsDoNotTell) {
  DynUNetOptions options;
  options.dims = 2;
  options.filters = {8, 16, 24};
  options.strides = {{2, 2}, {2, 2}, {2, 2}};
  options.upsample_logits = true;
  const Graph graph = dynunet(options);
  const nlohmann::json hint{{"family", "dynunet"}, {"arguments", graph.arguments}};
  const auto shapes = shapes_for(graph, "");
  EXPECT_EQ(guess_network(shapes)["arguments"]["strides"][0], (std::vector<int>{1, 1}));
  EXPECT_EQ(guess_network(shapes, hint)["arguments"], graph.arguments);
  // What tensors tell counts before the hint; a hint of another family does not count.
  const nlohmann::json wrong{{"family", "lilnet"}, {"arguments", {{"depth", 50}, {"classes", 2}}}};
  const auto guess = guess_network(shapes_for(lilnet(18, 3), ""), wrong);
  EXPECT_EQ(guess["arguments"]["depth"], 18);
  EXPECT_EQ(guess["arguments"]["classes"], 3);
  EXPECT_EQ(guess_network(shapes, wrong)["family"], "dynunet");
  EXPECT_EQ(guess_network(TensorShapes{}, wrong), wrong);
}

TEST(KeyMatch, ListsWhatDoesNotFit) {
  const Graph graph = resnet(18, 2, .25);
  TensorShapes shapes = shapes_for(graph, "module.");
  shapes.erase("module.conv1.weight");
  shapes.erase("module.bn1.num_batches_tracked");
  shapes["module.fc.bias"] = {3};
  shapes["optimizer"] = {1};
  shapes["skip_layers.downsample.x"] = {1};
  const KeyMatch match = match_keys(graph, shapes);
  EXPECT_EQ(match.missing, (std::vector<std::string>{"conv1.weight"}));
  EXPECT_EQ(match.misshapen, (std::vector<std::string>{"fc.bias [3] for [2]"}));
  EXPECT_EQ(match.unexpected, (std::vector<std::string>{"optimizer"}));
  EXPECT_EQ(match.aliases, (std::vector<std::string>{"skip_layers.downsample.x"}));
  EXPECT_FALSE(match.fits());
}

TEST(Graph, DynUNetUsesMonaiKeys) {
  DynUNetOptions options;
  options.filters = {4, 8, 16};
  options.deep_supervision = 1;
  std::map<std::string, std::vector<int64_t>> shapes;
  for (const auto& info : parameters_of(dynunet(options))) shapes[info.key] = info.shape;
  using Shape = std::vector<int64_t>;
  EXPECT_EQ(shapes.at("input_block.conv1.conv.weight"), (Shape{4, 1, 3, 3, 3}));
  EXPECT_EQ(shapes.at("downsamples.0.norm2.bias"), (Shape{8}));
  EXPECT_EQ(shapes.at("bottleneck.conv2.conv.weight"), (Shape{16, 16, 3, 3, 3}));
  EXPECT_EQ(shapes.at("upsamples.0.transp_conv.conv.weight"), (Shape{16, 8, 2, 2, 2}));
  EXPECT_EQ(shapes.at("upsamples.1.conv_block.conv1.conv.weight"), (Shape{4, 8, 3, 3, 3}));
  EXPECT_EQ(shapes.at("output_block.conv.conv.bias"), (Shape{1}));
  EXPECT_EQ(shapes.at("deep_supervision_heads.0.conv.conv.weight"), (Shape{1, 8, 1, 1, 1}));
}

TEST(Graph, YoloUsesTheReleasedKeys) {
  std::set<std::string> keys;
  for (const auto& info : parameters_of(yolov8("n", 1))) keys.insert(info.key);
  for (const char* key : {"model.0.conv.weight",
                          "model.2.m.0.cv1.bn.running_var",
                          "model.9.cv2.conv.weight",
                          "model.22.cv2.0.1.bn.bias",
                          "model.22.cv3.2.2.bias",
                          "model.22.dfl.conv.weight"}) {
    EXPECT_TRUE(keys.count(key)) << key;
  }
}

TEST(Graph, NodeNamesAreUniqueAndInputsComeBefore) {
  DynUNetOptions options;
  options.deep_supervision = 2;
  for (const Graph& graph : {resnet(18, 2),
                             densenet(121, 2),
                             efficientnet("b0", 2),
                             convnext("tiny", 2),
                             lilnet(50, 3),
                             yolov8("m", 1),
                             dynunet(options),
                             residual_unet({})}) {
    std::set<std::string> seen{"input"};
    for (const Node& node : graph.nodes) {
      for (const auto& input : node.inputs) EXPECT_TRUE(seen.count(input)) << node.name << " uses " << input;
      EXPECT_TRUE(seen.insert(node.name).second) << node.name;
    }
    for (const auto& [name, node] : graph.outputs) EXPECT_TRUE(seen.count(node)) << name;
  }
}

TEST(Graph, IsRebuiltFromFamilyAndArguments) {
  DynUNetOptions options;
  options.dims = 2;
  options.filters = {8, 16, 32, 64};
  for (const Graph& graph :
       {resnet(34, 2, .5), lilnet(18, 3, .25), yolov8("s", 4), dynunet(options), residual_unet({})}) {
    const Graph again = build_graph(graph.family, nlohmann::json::parse(graph.arguments.dump()));
    EXPECT_EQ(parameter_count(again), parameter_count(graph));
    EXPECT_EQ(again.nodes.size(), graph.nodes.size());
    EXPECT_EQ(again.arguments, graph.arguments);
  }
}

TEST(Graph, RefusesArgumentsThatAFamilyDoesNotHave) {
  EXPECT_THROW(resnet(19, 2), Error);
  EXPECT_THROW(densenet(169, 2), Error);
  EXPECT_THROW(efficientnet("b1", 2), Error);
  EXPECT_THROW(convnext("tiny", 2, 0), Error);
  EXPECT_THROW(yolov8("q", 1), Error);
  EXPECT_THROW(build_graph("vgg", {}), Error);
  EXPECT_THROW(build_graph("lilnet", {{"deep", 18}}), Error);
  EXPECT_THROW(build_graph("lilnet", {{"depth", "deep"}}), Error);
  DynUNetOptions options;
  options.strides = {{1, 1, 1}};
  EXPECT_THROW(dynunet(options), Error);
  ResidualUNetOptions residual;
  residual.decoder_blocks = {1, 1};
  EXPECT_THROW(residual_unet(residual), Error);
}

}  // namespace
}  // namespace hepatica::nn
