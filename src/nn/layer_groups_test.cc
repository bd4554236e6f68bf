#include "nn/layer_groups.h"

#include <gtest/gtest.h>

namespace hepatica::nn {
namespace {

TEST(LayerGroups, FromTheHeadDown) {
  const std::vector<LayerGroup> groups = layer_groups(lilnet(18, 2, .125));
  ASSERT_EQ(groups.size(), 14u);  // four heads, eight blocks, bn1 and conv1
  EXPECT_EQ(groups[0].name, "fc");
  EXPECT_EQ(groups[1].name, "fc_ens");
  EXPECT_EQ(groups[4].name, "layer4.1");
  EXPECT_EQ(groups[4].nodes,
            (std::vector<std::string>{"layer4.1.bn2", "layer4.1.conv2", "layer4.1.bn1", "layer4.1.conv1"}));
  EXPECT_EQ(groups.back().name, "conv1");
}

TEST(WithRandomLayers, ChangesTheChosenAlone) {
  const Network network(resnet(18, 2, .125), 1);
  const Network changed = with_random_layers(network, 2, 7);  // fc and layer4.1
  const auto same = [&](const std::string& key) {
    return torch::equal(network.state().at(key), changed.state().at(key));
  };
  EXPECT_FALSE(same("fc.weight"));
  EXPECT_FALSE(same("layer4.1.conv1.weight"));
  EXPECT_TRUE(same("layer4.0.conv1.weight"));
  EXPECT_TRUE(same("conv1.weight"));
  EXPECT_TRUE(torch::equal(with_random_layers(network, 2, 7).state().at("fc.weight"), changed.state().at("fc.weight")));
}

}  // namespace
}  // namespace hepatica::nn
