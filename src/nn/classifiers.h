// Builders of classifiers beside ResNet and LiLNet (nn/graph.h), with torchvision's keys and layouts.
//
// Operations beyond those of nn/graph.h:
//  layer_norm   channels, eps; weight, bias: over the channels at each position ([N,C] too)
//  layer_scale  channels; parameter layer_scale [C,1,1], a factor a channel
//  gelu         exact
//  multiply     2 inputs; the second may be [N,C,1,1]
//  linear takes [N, in, ...] too, at each position; global_avg_pool keep(1) -> [N,C,1,1]
#pragma once

#include "nn/graph.h"

namespace hepatica::nn {

// Outputs "logits" [N, classes] and "features4" [N, C, H, W]. `width` scales every channel count (1 = published;
// shipped models use less). Dropout and stochastic depth (training only) are left out.

/// DenseNet; depth 121 (Huang, Liu, van der Maaten and Weinberger, CVPR 2017).
Graph densenet(int depth, int classes, double width = 1.0, int in_channels = 3);
/// EfficientNet; scale "b0" (Tan and Le, ICML 2019).
Graph efficientnet(const std::string& scale, int classes, double width = 1.0, int in_channels = 3);
/// ConvNeXt; scale "tiny" (Liu et al., CVPR 2022).
Graph convnext(const std::string& scale, int classes, double width = 1.0, int in_channels = 3);

}  // namespace hepatica::nn
