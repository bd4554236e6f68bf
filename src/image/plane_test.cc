#include "image/plane.h"

#include <gtest/gtest.h>

namespace hepatica {
namespace {

TEST(ResamplePlane, SameGridIsCopied) {
  const std::vector<float> values{1, 2, 3, 4, 5, 6};
  EXPECT_EQ(resample_plane(values, 3, 2, {}, 3, 2), values);
}

TEST(ResamplePlane, DoublesByHand) {
  // Centres of the output at source -0.25, 0.25, 0.75, 1.25; the border is clamped.
  const std::vector<float> values{0, 4};
  const PlaneMap map{AxisMap::resize(2, 4), {}};
  EXPECT_EQ(resample_plane(values, 2, 1, map, 4, 1), (std::vector<float>{0, 1, 3, 4}));
}

TEST(ResamplePlane, HalvesWithWidenedTriangleByHand) {
  // Output 0 at source 0.5, reach 2: weights .75 .75 .25 over 1.75; output 1 mirrored. As Pillow 9: [0.714, 2.286].
  const std::vector<float> values{0, 1, 2, 3};
  const PlaneMap map{AxisMap::resize(4, 2), {}};
  const std::vector<float> result = resample_plane(values, 4, 1, map, 2, 1);
  EXPECT_NEAR(result[0], (0.75 + 0.25 * 2) / 1.75, 1e-6);
  EXPECT_NEAR(result[1], (0.25 * 1 + 0.75 * 2 + 0.75 * 3) / 1.75, 1e-6);
}

TEST(AxisMap, InverseUndoes) {
  const AxisMap map{2.5, -3};
  EXPECT_DOUBLE_EQ(map.index(map.source(4)), 4);
  EXPECT_DOUBLE_EQ(map.inverse().source(map.source(4)), 4);
}

TEST(WindowValue, ClipsAtItsEnds) {
  EXPECT_FLOAT_EQ(window_value(40, 40, 350), 0.5f);
  EXPECT_FLOAT_EQ(window_value(-135, 40, 350), 0.0f);
  EXPECT_FLOAT_EQ(window_value(500, 40, 350), 1.0f);
}

}  // namespace
}  // namespace hepatica
