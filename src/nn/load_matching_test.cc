#include "nn/load_matching.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace hepatica::nn {
namespace {

TEST(LoadMatching, TakesWhatFits) {
  Network from(resnet(18, 5, .125), 1), to(resnet(18, 2, .125), 2);
  const torch::Tensor head = to.state().at("fc.weight").detach().clone();
  TensorMap values;
  for (const auto& [key, value] : from.state()) values["module." + key] = value;
  values["module.other"] = torch::zeros({1});
  const KeyMatch match = load_matching(to, values, "test");
  EXPECT_TRUE(torch::equal(to.state().at("conv1.weight"), from.state().at("conv1.weight")));
  EXPECT_TRUE(torch::equal(to.state().at("fc.weight"), head));
  EXPECT_EQ(match.misshapen.size(), 2u);  // fc.weight and fc.bias
  EXPECT_EQ(match.unexpected, (std::vector<std::string>{"other"}));
  try {
    load_matching(to, {{"nothing", torch::zeros({1})}}, "test");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::wrong_checkpoint);
  }
}

}  // namespace
}  // namespace hepatica::nn
