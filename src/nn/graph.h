// Networks as data: a list of nodes that LibTorch runs, ONNX export writes and another executor can read.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace hepatica::nn {

/// One operation. Nodes are in execution order; an input names an earlier node or the graph's input.
///
/// Operations and their attributes (2D on [N,C,H,W], 3D on [N,C,D,H,W]; list attributes have one value an axis):
///  conv            kernel[], stride[], padding[], in, out, groups, bias(0/1); parameters weight, bias
///  conv_transpose  kernel[], stride[], padding[], output_padding[], in, out, bias; parameters weight, bias
///  batch_norm      channels, eps, momentum; weight, bias, running_mean, running_var, num_batches_tracked
///  instance_norm   channels, eps, affine(0/1); weight, bias
///  group_norm      groups, channels, eps; weight, bias
///  linear          in, out, bias; weight, bias (input [N, in])
///  relu | silu | sigmoid ; leaky_relu slope
///  max_pool        kernel[], stride[], padding[] ; global_avg_pool -> [N,C] ; avg_pool kernel[], stride[]
///  add (2 inputs) | concat axis | split axis, start, length | upsample scale[], mode(0 nearest, 1 linear)
///  quadrant_means  -> [N*5, C]: global means without mask and with TL, TR, BL, BR set to 0 (LiLNet masks), row 5b+j
///  dfl             reg_max; parameter conv.weight, fixed 0..reg_max-1: [N, 4*reg_max, h, w] -> [N, 4, h, w] ; identity
struct Node {
  std::string op;
  std::string name;  ///< prefix of its parameters' keys, such as "layer1.0.conv1"; unique
  std::vector<std::string> inputs;
  std::map<std::string, std::vector<double>> attributes;
};

/// First value of an attribute, or `fallback` where the node has none of that name.
double attribute(const Node& node, const std::string& name, double fallback = 0);
/// An attribute as integers; empty where the node has none of that name.
std::vector<int64_t> integers(const Node& node, const std::string& name);

/// A network: nodes, the name of its input ("input"), and its named outputs.
struct Graph {
  std::string family;        ///< builder that made it, such as "resnet", "lilnet", "yolov8", "dynunet", "residual_unet"
  nlohmann::json arguments;  ///< the builder's arguments: family + arguments rebuild the graph
  std::vector<Node> nodes;
  std::map<std::string, std::string> outputs;  ///< output name -> node name
};

/// Keys and shapes of the parameters and buffers, in the order of the nodes.
struct ParameterInfo {
  std::string key;
  std::vector<int64_t> shape;
  bool trainable = true;   ///< false for running statistics and fixed weights (DFL)
  bool statistic = false;  ///< running statistics of batch norms
};
std::vector<ParameterInfo> parameters_of(const Graph& graph);

/// Number of weights and biases as published counts have it: fixed weights counted, running statistics not.
int64_t parameter_count(const Graph& graph);

// Builders. Each throws Error{bad_recipe} on an argument that the family does not have.

/// torchvision ResNet v1.5 (stride on the 3x3). depth 18, 34, 50 or 101; `width` scales every channel count
/// (1 = published; shipped models use less). Outputs "logits" [N, classes], "features4" [N, C, H, W].
Graph resnet(int depth, int classes, double width = 1.0, int in_channels = 3);

/// LiLNet on a ResNet trunk (Nat Commun 2024; methods: layer3 and layer4 heads on five masked means).
/// Outputs: "out4", "out3" [5N, 5*classes], "sd" [N, classes], "features4" [N, C, H, W].
Graph lilnet(int depth, int classes, double width = 1.0);

/// YOLOv8 n/s/m/l/x with DFL head; keys "model.<layer>....". Outputs "p3","p4","p5": [N, 64+classes, h, w] raw.
Graph yolov8(const std::string& scale, int classes, int in_channels = 3);

/// MONAI DynUNet. `dims` 2 or 3; one entry of filters/kernels/strides per level (kernels and strides have `dims`
/// values). Output "logits" [N, out, ...]; with deep supervision also "deep1", ... at half resolutions.
struct DynUNetOptions {
  int dims = 3;
  int in_channels = 1;
  int out_channels = 1;
  std::vector<int> filters{64, 96, 128, 192, 256, 384};
  std::vector<std::vector<int>> kernels;  ///< empty: 3 everywhere
  std::vector<std::vector<int>> strides;  ///< empty: 1, 2, 2, ...
  int deep_supervision = 0;               ///< number of extra heads
  std::string norm = "instance";          ///< "instance" or "batch" (MONAI's norm_name); batch norms run far faster
  bool upsample_logits = false;           ///< linear upsampling of the logits by the first stride (not in MONAI)
};
Graph dynunet(const DynUNetOptions& options);

/// The residual U-Net of 3DUnetCNN (github.com/ellisdg/3DUnetCNN; after Myronenko, BrainLes 2018): blocks of GroupNorm,
/// ReLU and 3x3x3 convolution twice beside a shortcut; strided convolutions down; 1x1x1 convolution and trilinear
/// upsampling up; channels base_width, doubled at each level. The sides of the input must be multiples of
/// 2^(levels - 1). Its dropout (training only) is left out. Output "logits" [N, out, D, H, W].
struct ResidualUNetOptions {
  int in_channels = 1;
  int out_channels = 1;
  int base_width = 32;
  std::vector<int> encoder_blocks{1, 2, 2, 4};  ///< a level, from the top
  std::vector<int> decoder_blocks{1, 1, 1, 1};  ///< a level, from the bottom
};
Graph residual_unet(const ResidualUNetOptions& options);

/// Rebuilds a graph from `family` and `arguments` (as stored in a checkpoint's metadata).
Graph build_graph(const std::string& family, const nlohmann::json& arguments);

}  // namespace hepatica::nn
