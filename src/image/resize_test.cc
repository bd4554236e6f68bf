#include "image/resize.h"

#include <gtest/gtest.h>

namespace hepatica {
namespace {

using Bytes = std::vector<uint8_t>;

// Pillow 9.4.0: Image.fromarray(...).resize((width, height), Image.BILINEAR).
TEST(ResizeBilinear, EqualsPillow) {
  EXPECT_EQ(resize_bilinear(Bytes{0, 255, 10, 200, 30}, 5, 1, 1, 3, 1), (Bytes{109, 107, 103}));
  EXPECT_EQ(resize_bilinear(Bytes{0, 100, 200, 50}, 2, 2, 1, 3, 4),
            (Bytes{0, 50, 100, 50, 69, 88, 150, 106, 63, 200, 125, 50}));
  EXPECT_EQ(resize_bilinear(Bytes{1, 2, 3, 200, 100, 50}, 2, 1, 3, 3, 1), (Bytes{1, 2, 3, 101, 51, 27, 200, 100, 50}));
  EXPECT_EQ(resize_bilinear(Bytes{7, 9, 250}, 1, 3, 1, 1, 2), (Bytes{8, 160}));
}

TEST(ResizeBilinear, LeavesASizeThatStaysAlone) {
  const Bytes pixels{3, 1, 4, 1, 5, 9};
  EXPECT_EQ(resize_bilinear(pixels, 3, 2, 1, 3, 2), pixels);
}

TEST(PlanesFromPixels, SeparatesTheChannels) {
  const PlaneImage image = planes_from_pixels(Bytes{255, 0, 51, 0, 255, 102}, 2, 1, 3);
  EXPECT_EQ(image.channels, 3);
  EXPECT_EQ(image.values, (std::vector<float>{1, 0, 0, 1, 0.2f, 0.4f}));
}

}  // namespace
}  // namespace hepatica
