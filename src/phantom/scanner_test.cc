#include "phantom/scanner.h"

#include <gtest/gtest.h>

#include <cmath>

#include "phantom/kinetics.h"

namespace hepatica::phantom {
namespace {

TEST(Blur, KeepsTheMeanAndSpreadsAPoint) {
  std::vector<float> picture(31 * 31, 0);
  picture[15 * 31 + 15] = 100;
  blur(picture, 31, 31, 2);
  double sum = 0;
  for (const float v : picture) sum += v;
  EXPECT_NEAR(sum, 100, 1e-3);
  // Peak of a 2D Gaussian of sigma 2: 1 / (2 pi 4) = 0.0398.
  EXPECT_NEAR(picture[15 * 31 + 15], 3.98, 0.15);
}

TEST(ColouredNoise, HasUnitDeviationForEveryKernelAndPixel) {
  for (const float kernel : {0.0f, 0.5f, 1.0f})
    for (const float pixel : {0.6f, 0.9f, 1.6f}) {
      Rng rng(3);
      const std::vector<float> noise = coloured_noise(200, 200, pixel, kernel, rng);
      double sum = 0, squares = 0;
      for (const float v : noise) {
        sum += v;
        squares += double(v) * v;
      }
      const double mean = sum / double(noise.size());
      EXPECT_NEAR(mean, 0, 0.03);
      EXPECT_NEAR(std::sqrt(squares / double(noise.size()) - mean * mean), 1, 0.06) << kernel << " " << pixel;
    }
}

TEST(Kinetics, MeansAgreeWithMeasuredMediansAndTextbookOrder) {
  // Medians of aorta and portal vein in 1018 scans (source 5 in kinetics.cc), within 30 HU.
  EXPECT_NEAR(mean_hu(Tissue::aorta, 0), 37, 5);
  EXPECT_NEAR(mean_hu(Tissue::portal_vein, 0), 32, 5);
  EXPECT_NEAR(mean_hu(Tissue::aorta, 35), 267, 30);
  EXPECT_NEAR(mean_hu(Tissue::portal_vein, 35), 92, 30);
  EXPECT_NEAR(mean_hu(Tissue::aorta, 70), 121, 30);
  EXPECT_NEAR(mean_hu(Tissue::portal_vein, 70), 132, 30);
  // Liver gains about 50 HU and peaks between 60 and 80 s (Bae 2010).
  EXPECT_NEAR(mean_hu(Tissue::liver, 70) - mean_hu(Tissue::liver, 0), 50, 8);
  EXPECT_GT(mean_hu(Tissue::liver, 70), mean_hu(Tissue::liver, 35));
  EXPECT_GT(mean_hu(Tissue::liver, 70), mean_hu(Tissue::liver, 180));
  // Cortex leads medulla in the corticomedullary phase and they meet in the nephrographic phase.
  EXPECT_GT(mean_hu(Tissue::renal_cortex, 35), mean_hu(Tissue::renal_medulla, 35) + 60);
  EXPECT_NEAR(mean_hu(Tissue::renal_cortex, 100), mean_hu(Tissue::renal_medulla, 100), 15);
}

}  // namespace
}  // namespace hepatica::phantom
