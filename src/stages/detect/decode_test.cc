#include "stages/detect/decode.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"

namespace hepatica {
namespace {

/// A level of one class where every side's mass lies on one bin.
Array level_with(int64_t h, int64_t w, std::array<int64_t, 4> bins, float score_logit) {
  Array level{{1, 65, h, w}, std::vector<float>(size_t(65 * h * w), 0.0f)};
  for (int64_t cell = 0; cell < h * w; ++cell) {
    for (int64_t side = 0; side < 4; ++side)
      level.values[size_t((side * 16 + bins[size_t(side)]) * h * w + cell)] = 100.0f;
    level.values[size_t(64 * h * w + cell)] = score_logit;
  }
  return level;
}

TEST(DecodeHead, BoxesByHand) {
  // Image 32, level 2 x 2: stride 16. Cell (x 1, y 0): centre (1.5, .5) strides; l 1, t 0, r 2, b 3.
  const Array level = level_with(2, 2, {1, 0, 2, 3}, 0.0f);
  const Array* levels[] = {&level};
  const DecodedHead head = decode_head(levels, 0, 32);
  EXPECT_EQ(head.cells, 4);
  EXPECT_EQ(head.classes, 1);
  const std::vector<ScoredBox> boxes = boxes_above(head, 0.25);
  ASSERT_EQ(boxes.size(), 4u);
  EXPECT_NEAR(boxes[1].box.x0, (1.5 - 1) * 16, 1e-4);
  EXPECT_NEAR(boxes[1].box.y0, (0.5 - 0) * 16, 1e-4);
  EXPECT_NEAR(boxes[1].box.x1, (1.5 + 2) * 16, 1e-4);
  EXPECT_NEAR(boxes[1].box.y1, (0.5 + 3) * 16, 1e-4);
  EXPECT_NEAR(boxes[1].score, 0.5, 1e-6);
  EXPECT_TRUE(boxes_above(head, 0.5).empty());
}

TEST(DecodeHead, UniformBinsGiveTheirMean) {
  const Array level{{1, 65, 1, 1}, std::vector<float>(65, 0.0f)};
  const Array* levels[] = {&level};
  const DecodedHead head = decode_head(levels, 0, 8);
  EXPECT_NEAR(head.values[2], 2 * 7.5 * 8, 1e-4);  // width: (7.5 + 7.5) strides
  EXPECT_NEAR(head.values[0], 4, 1e-4);
}

TEST(DecodeHead, RefusesOtherHeads) {
  const Array level{{1, 64, 1, 1}, std::vector<float>(64, 0.0f)};
  const Array* levels[] = {&level};
  EXPECT_THROW(decode_head(levels, 0, 8), Error);
}

TEST(SuppressOverlaps, ByHand) {
  // IoU of the first two: 80 / 120 = .667; of the first and third: 50 / 150 = .333.
  const std::vector<ScoredBox> kept = suppress_overlaps(
      {{{2, 0, 12, 10}, 0.6, 0}, {{0, 0, 10, 10}, 0.9, 0}, {{5, 0, 15, 10}, 0.5, 0}, {{0, 0, 10, 10}, 0.3, 1}}, 0.5);
  ASSERT_EQ(kept.size(), 3u);
  EXPECT_EQ(kept[0].score, 0.9);
  EXPECT_EQ(kept[1].score, 0.5);
  EXPECT_EQ(kept[2].type, 1);
  EXPECT_EQ(suppress_overlaps(kept, 0.5, 1).size(), 1u);
}

}  // namespace
}  // namespace hepatica
