#include "train/found_boxes.h"

#include <gtest/gtest.h>

#include "base/csv.h"
#include "train/detect_task.h"
#include "train/discs_test.h"

namespace hepatica::train {
namespace {

// By hand: cells of center, size and score; the second one lies in the first (IoU .64), the last one is too faint.
TEST(FoundBoxes, HighestScoreFirstWithoutFaintOnesAndOverlaps) {
  const torch::Tensor decoded = torch::tensor({{20.0f, 20.0f, 60.0f, 5.0f},
                                               {20.0f, 20.0f, 60.0f, 5.0f},
                                               {20.0f, 16.0f, 10.0f, 4.0f},
                                               {20.0f, 16.0f, 10.0f, 4.0f},
                                               {0.6f, 0.5f, 0.9f, 0.0005f}});
  const std::vector<ScoredBox> found = found_boxes(decoded, {0.001, 0.6, 300});
  ASSERT_EQ(found.size(), 2u);
  EXPECT_DOUBLE_EQ(found[0].box.x0, 55);
  EXPECT_DOUBLE_EQ(found[1].box.x1, 30);
  EXPECT_EQ(found_boxes(decoded, {0.001, 0.65, 300}).size(), 3u);
  EXPECT_EQ(found_boxes(decoded, {0.001, 0.65, 1}).size(), 1u);
}

TEST(FoundBoxes, ThoseOfOneImage) {
  const torch::Tensor table =
      torch::tensor({{0.0f, 0.0f, 1.0f, 2.0f, 3.0f, 4.0f}, {1.0f, 0.0f, 5.0f, 6.0f, 7.0f, 8.0f}});
  const std::vector<Box2> boxes = boxes_of_image(table, 1, 2);
  ASSERT_EQ(boxes.size(), 1u);
  EXPECT_DOUBLE_EQ(boxes[0].y1, 8);
}

TEST(FoundBoxes, HalfOfTheBoxInARegionIsIgnored) {
  EXPECT_TRUE(is_ignored({0, 0, 10, 10}, {{50, 50, 60, 60}, {0, 0, 5, 10}}));
  EXPECT_FALSE(is_ignored({0, 0, 10, 10}, {{0, 0, 4, 10}}));
}

TEST(FoundBoxes, TablesNameEveryReferenceOfTheDiscs) {
  Mixture mixture;
  mixture.add("discs", std::make_shared<Discs>(64), 1, Split{{4, 5, 6, 7}, {0, 1}, {2, 3}});
  DetectTaskOptions options;
  options.network = nn::build_graph("yolov8", {{"scale", "n"}, {"classes", 1}});
  options.examples.input.size = 64;
  const auto task = make_detect_task(std::move(mixture), options);
  nn::Network network(task->graph(), 1);
  const BoxTables tables = box_tables(*task, network, task->data().test());
  const CsvTable references = parse_csv(tables.references, "references");
  ASSERT_EQ(references.rows.size(), 2u);
  EXPECT_EQ(references.rows[0].cells[0], "discs/1/2");
  EXPECT_EQ(references.rows[1].cells[1], "discs/1");
  // A disc of .12 * 64 pixels is 15.36 wide; the input fits the slice.
  EXPECT_NEAR(std::stod(references.rows[0].cells[4]) - std::stod(references.rows[0].cells[2]), 15.36, 0.1);
  EXPECT_EQ(parse_csv(tables.found, "found").header.back(), "score");
}

}  // namespace
}  // namespace hepatica::train
