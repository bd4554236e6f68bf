// Maps of where in a crop the evidence for a class lies, from the features before a network's pooling.
#pragma once

#include <vector>

#include "study/stages.h"

namespace hepatica {

/// Class activation map (Zhou et al., CVPR 2016): the sum over channels of weight * feature, negative evidence set to
/// 0, scaled so that the largest value is 1; all 0 where there is no positive evidence. [rows, columns] of the
/// features.
std::vector<float> activation_map(const FeatureMap& features, const std::vector<float>& weights);

/// Grad-CAM (Selvaraju et al., ICCV 2017, Eq. 1 and 2): the activation map with the mean gradient of each channel as
/// its weight.
std::vector<float> grad_cam(const FeatureMap& features, const FeatureMap& gradient);

/// Grad-CAM++ (Chattopadhay et al., WACV 2018, Eq. 5 and 19): the weight of a channel is the sum over its cells of
/// alpha * max(g, 0) with alpha = g^2 / (2 g^2 + (sum of the channel's features) g^3), g the gradient of the logit;
/// alpha is 0 where its denominator is. The factor exp(logit) of the paper is left out, since the map is scaled.
std::vector<float> grad_cam_plus_plus(const FeatureMap& features, const FeatureMap& gradient);

}  // namespace hepatica
