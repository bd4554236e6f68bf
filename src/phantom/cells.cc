#include "phantom/cells.h"

namespace hepatica::phantom {
namespace {

/// Mixes bits (finaliser of MurmurHash3, public domain).
uint32_t mixed(uint32_t h) {
  h = (h ^ (h >> 16)) * 0x85ebca6bU;
  h = (h ^ (h >> 13)) * 0xc2b2ae35U;
  return h ^ (h >> 16);
}

uint32_t cell_of(int x, int y, int z) {
  return mixed(uint32_t(x) * 0x8da6b343U ^ uint32_t(y) * 0xd8163841U ^ uint32_t(z) * 0xcb1ab31fU);
}

}  // namespace

float CellField::value(uint32_t cell, uint32_t salt) {
  return float(mixed(cell + 0x9e3779b9U * (salt + 1)) >> 8) / 16777216.0f;
}

CellField::Place CellField::operator()(F3 p) const {
  const F3 q = p * frequency + offset;
  const int x = floor_int(q.x), y = floor_int(q.y), z = floor_int(q.z);
  float nearest = 1e9f, second = 1e9f;
  uint32_t own = 0;
  for (int k = -1; k <= 1; ++k)
    for (int j = -1; j <= 1; ++j)
      for (int i = -1; i <= 1; ++i) {
        const uint32_t cell = cell_of(x + i, y + j, z + k);
        const F3 seed{float(x + i) + value(cell, 0), float(y + j) + value(cell, 1), float(z + k) + value(cell, 2)};
        const float d = length(q - seed);
        if (d < nearest) {
          second = nearest;
          nearest = d;
          own = cell;
        } else if (d < second) {
          second = d;
        }
      }
  return {0.5f * (second - nearest) / frequency, own};
}

}  // namespace hepatica::phantom
