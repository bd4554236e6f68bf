#include "nn/graph.h"

#include <gtest/gtest.h>

#include <set>

#include "base/error.h"

namespace hepatica::nn {
namespace {

// torchvision's published counts (https://pytorch.org/vision/stable/models.html).
TEST(Graph, ResnetHasThePublishedParameterCounts) {
  EXPECT_EQ(parameter_count(resnet(18, 1000)), 11'689'512);
  EXPECT_EQ(parameter_count(resnet(34, 1000)), 21'797'672);
  EXPECT_EQ(parameter_count(resnet(50, 1000)), 25'557'032);
  EXPECT_EQ(parameter_count(resnet(101, 1000)), 44'549'160);
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
  for (const Graph& graph : {resnet(18, 2), lilnet(50, 3), yolov8("m", 1), dynunet(options)}) {
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
  for (const Graph& graph : {resnet(34, 2, .5), lilnet(18, 3, .25), yolov8("s", 4), dynunet(options)}) {
    const Graph again = build_graph(graph.family, nlohmann::json::parse(graph.arguments.dump()));
    EXPECT_EQ(parameter_count(again), parameter_count(graph));
    EXPECT_EQ(again.nodes.size(), graph.nodes.size());
    EXPECT_EQ(again.arguments, graph.arguments);
  }
}

TEST(Graph, RefusesArgumentsThatAFamilyDoesNotHave) {
  EXPECT_THROW(resnet(19, 2), Error);
  EXPECT_THROW(yolov8("q", 1), Error);
  EXPECT_THROW(build_graph("vgg", {}), Error);
  EXPECT_THROW(build_graph("lilnet", {{"deep", 18}}), Error);
  EXPECT_THROW(build_graph("lilnet", {{"depth", "deep"}}), Error);
  DynUNetOptions options;
  options.strides = {{1, 1, 1}};
  EXPECT_THROW(dynunet(options), Error);
}

}  // namespace
}  // namespace hepatica::nn
