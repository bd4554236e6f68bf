#include "train/class_rows.h"

#include <gtest/gtest.h>

namespace hepatica::train {
namespace {

// Means by hand: of the rows 1 and 3, and of row 2 alone.
TEST(ClassRows, AClassIsTheMeanOfItsMembers) {
  const nn::TensorMap values{{"head.weight", torch::tensor({{1.0f, 2.0f}, {3.0f, 4.0f}, {5.0f, 8.0f}})},
                             {"head.bias", torch::tensor({1.0f, 2.0f, 4.0f})},
                             {"stem.weight", torch::tensor({7.0f, 8.0f, 9.0f})}};
  const nn::TensorMap state{
      {"head.weight", torch::zeros({2, 2})}, {"head.bias", torch::zeros({2})}, {"stem.weight", torch::zeros({3})}};
  const nn::TensorMap made =
      with_class_rows(values, {"cyst", "hcc", "fnh"}, state, {"benign", "hcc"}, {{"benign", {"cyst", "fnh"}}});
  EXPECT_TRUE(torch::equal(made.at("head.weight"), torch::tensor({{3.0f, 5.0f}, {3.0f, 4.0f}})));
  EXPECT_TRUE(torch::equal(made.at("head.bias"), torch::tensor({2.5f, 2.0f})));
  EXPECT_TRUE(torch::equal(made.at("stem.weight"), values.at("stem.weight")));
}

TEST(ClassRows, WithAnUnknownClassNothingChanges) {
  const nn::TensorMap values{{"head.bias", torch::tensor({1.0f, 2.0f, 4.0f})}}, state{{"head.bias", torch::zeros({2})}};
  const nn::TensorMap made = with_class_rows(values, {"cyst", "hcc", "fnh"}, state, {"cyst", "icc"}, {});
  EXPECT_TRUE(torch::equal(made.at("head.bias"), values.at("head.bias")));
}

}  // namespace
}  // namespace hepatica::train
