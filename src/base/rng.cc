#include "base/rng.h"

#include <cmath>
#include <numbers>

#include "base/error.h"

namespace hepatica {
namespace {

uint64_t splitmix64(uint64_t& x) {
  uint64_t z = (x += 0x9e3779b97f4a7c15ULL);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

uint64_t rotate_left(uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }

}  // namespace

Rng::Rng(uint64_t seed) {
  for (auto& word : state_) word = splitmix64(seed);
}

Rng Rng::fork(uint64_t index) const {
  uint64_t mixed = state_[0] ^ rotate_left(state_[2], 17) ^ (index * 0xd1342543de82ef95ULL + 1);
  return Rng(splitmix64(mixed));
}

uint64_t Rng::next() {
  const uint64_t result = rotate_left(state_[0] + state_[3], 23) + state_[0];
  const uint64_t t = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= t;
  state_[3] = rotate_left(state_[3], 45);
  return result;
}

double Rng::uniform() { return double(next() >> 11) * 0x1.0p-53; }

double Rng::uniform(double low, double high) { return low + (high - low) * uniform(); }

int64_t Rng::integer(int64_t low, int64_t high) {
  HEPATICA_ASSERT(low <= high);
  return low + int64_t(uniform() * double(high - low + 1));
}

double Rng::normal(double mean, double standard_deviation) {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
  return mean + standard_deviation * radius * std::cos(2.0 * std::numbers::pi * uniform());
}

double Rng::log_uniform(double low, double high) { return std::exp(uniform(std::log(low), std::log(high))); }

double Rng::gamma(double shape) {
  if (shape < 1.0) return gamma(shape + 1.0) * std::pow(1.0 - uniform(), 1.0 / shape);
  const double d = shape - 1.0 / 3.0;
  const double c = 1.0 / std::sqrt(9.0 * d);
  while (true) {
    const double x = normal();
    const double v = std::pow(1.0 + c * x, 3);
    if (v > 0 && std::log(1.0 - uniform()) < 0.5 * x * x + d - d * v + d * std::log(v)) return d * v;
  }
}

double Rng::beta(double a, double b) {
  const double x = gamma(a);
  return x / (x + gamma(b));
}

std::size_t Rng::weighted(const std::vector<double>& weights) {
  double total = 0;
  for (double weight : weights) total += weight;
  double point = uniform() * total;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    point -= weights[i];
    if (point < 0) return i;
  }
  return weights.size() - 1;
}

}  // namespace hepatica
