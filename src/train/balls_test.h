// Tiny made-up volumes for the tests of training.
#pragma once

#include <cmath>
#include <memory>
#include <string>

#include "dataset/mixture.h"

namespace hepatica::train {

/// A bright ball as liver; one volume a patient, of a cube of `side` voxels of 2 mm.
class Balls : public VolumeSource {
 public:
  Balls(int64_t side, double radius) : side_(side), radius_(radius) {}
  size_t size() const override { return 8; }
  std::string group(size_t index) const override { return std::to_string(index); }
  std::string fingerprint() const override { return "balls"; }
  std::string key(size_t index) const override { return "ball " + std::to_string(index); }
  LearningVolume get(size_t index) const override {
    Geometry grid;
    grid.size = {side_, side_, side_};
    grid.spacing = {2, 2, 2};
    LearningVolume volume{Volume<int16_t>(grid), Mask(grid)};
    Rng rng(index);
    double middle[3];
    for (double& m : middle) m = rng.uniform(0.4, 0.6) * double(side_);
    for (int64_t k = 0; k < side_; ++k)
      for (int64_t j = 0; j < side_; ++j)
        for (int64_t i = 0; i < side_; ++i) {
          const double r = std::hypot(double(i) - middle[0], double(j) - middle[1], double(k) - middle[2]);
          volume.liver.at(i, j, k) = r < radius_;
          volume.hu.at(i, j, k) = int16_t((r < radius_ ? 120 : 40) + rng.normal(0, 10));
        }
    return volume;
  }

 private:
  int64_t side_;
  double radius_;
};

inline VolumeMixture balls(int64_t side, double radius) {
  VolumeMixture mixture;
  mixture.add("balls", std::make_shared<Balls>(side, radius), 1, {0.25, 0}, 1);
  return mixture;
}

}  // namespace hepatica::train
