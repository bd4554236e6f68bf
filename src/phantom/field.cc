#include "phantom/field.h"

#include <vector>

#include "base/rng.h"

namespace hepatica::phantom {

const float* noise_lattice() {
  static const std::vector<float> kValues = [] {
    std::vector<float> values(size_t(kLattice) * kLattice * kLattice);
    Rng rng(0x6e6f697365ULL);
    for (float& value : values) value = float(rng.uniform(-1, 1));
    return values;
  }();
  return kValues.data();
}

}  // namespace hepatica::phantom
