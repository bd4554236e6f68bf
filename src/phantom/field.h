// Float vectors and smooth noise in space for the phantom's inner loops.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

namespace hepatica::phantom {

struct F3 {
  float x = 0, y = 0, z = 0;
};
inline F3 operator+(F3 a, F3 b) { return {a.x + b.x, a.y + b.y, a.z + b.z}; }
inline F3 operator-(F3 a, F3 b) { return {a.x - b.x, a.y - b.y, a.z - b.z}; }
inline F3 operator*(F3 a, float s) { return {a.x * s, a.y * s, a.z * s}; }
inline float dot(F3 a, F3 b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
inline float length(F3 a) { return std::sqrt(dot(a, a)); }

inline float clamp01(float t) { return t < 0 ? 0 : t > 1 ? 1 : t; }
/// 0 below `low`, 1 above `high`, smooth between.
inline float ramp(float low, float high, float x) {
  const float t = clamp01((x - low) / (high - low));
  return t * t * (3 - 2 * t);
}
inline float mix(float a, float b, float t) { return a + (b - a) * t; }
/// Minimum with the crease rounded over a width `k` (polynomial; I. Quilez, "Smooth minimum").
inline float smooth_min(float a, float b, float k) {
  const float h = std::max(k - std::fabs(a - b), 0.0f) / k;
  return std::min(a, b) - h * h * k * 0.25f;
}
inline float smooth_max(float a, float b, float k) { return -smooth_min(-a, -b, k); }

/// Edge of the periodic noise lattice.
inline constexpr int kLattice = 32;
/// kLattice^3 values in [-1, 1], x fastest; the same in every process.
const float* noise_lattice();

/// Largest integer not above x.
inline int floor_int(float x) {
  const int i = int(x);
  return i - (x < float(i));
}

/// Value noise in about [-1, 1] with one lattice cell per unit, period kLattice, smooth first derivative.
inline float noise(const float* lattice, float x, float y, float z) {
  const int ix = floor_int(x), iy = floor_int(y), iz = floor_int(z);
  float u = x - float(ix), v = y - float(iy), w = z - float(iz);
  u = u * u * (3 - 2 * u);
  v = v * v * (3 - 2 * v);
  w = w * w * (3 - 2 * w);
  constexpr int m = kLattice - 1;
  const int i0 = ix & m, j0 = iy & m, k0 = iz & m;
  const int i1 = (i0 + 1) & m, j1 = (j0 + 1) & m, k1 = (k0 + 1) & m;
  const float* p00 = lattice + (k0 * kLattice + j0) * kLattice;
  const float* p10 = lattice + (k0 * kLattice + j1) * kLattice;
  const float* p01 = lattice + (k1 * kLattice + j0) * kLattice;
  const float* p11 = lattice + (k1 * kLattice + j1) * kLattice;
  const float a = mix(mix(p00[i0], p00[i1], u), mix(p10[i0], p10[i1], u), v);
  const float b = mix(mix(p01[i0], p01[i1], u), mix(p11[i0], p11[i1], u), v);
  return mix(a, b, w);
}

/// Noise of a wavelength at a place of its own.
struct NoiseField {
  F3 offset;
  float frequency = 0.1f;  ///< lattice cells per mm
  const float* lattice = noise_lattice();
  float operator()(F3 p) const {
    return noise(lattice, p.x * frequency + offset.x, p.y * frequency + offset.y, p.z * frequency + offset.z);
  }
};

}  // namespace hepatica::phantom
