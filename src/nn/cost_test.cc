#include "nn/cost.h"

#include <gtest/gtest.h>

namespace hepatica::nn {
namespace {

// Published multiply-adds at 224x224: ResNet-18 1.81 G, ResNet-50 4.09 G (torchvision's model table); YOLOv8n 8.7 GFLOP
// = 4.35 G multiply-adds at 640x640 (Ultralytics' model table).
TEST(Cost, AgreesWithPublishedTables) {
  EXPECT_NEAR(multiply_adds(resnet(18, 1000), {1, 3, 224, 224}) / 1e9, 1.81, .01);
  EXPECT_NEAR(multiply_adds(resnet(50, 1000), {1, 3, 224, 224}) / 1e9, 4.09, .01);
  EXPECT_NEAR(multiply_adds(yolov8("n", 80), {1, 3, 640, 640}) / 1e9, 4.35, .1);
}

TEST(Cost, GrowsWithTheBatch) {
  DynUNetOptions options;
  options.filters = {8, 16, 16};
  const Graph graph = dynunet(options);
  EXPECT_DOUBLE_EQ(multiply_adds(graph, {2, 1, 16, 16, 16}), 2 * multiply_adds(graph, {1, 1, 16, 16, 16}));
}

}  // namespace
}  // namespace hepatica::nn
