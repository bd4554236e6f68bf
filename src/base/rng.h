// Seeded random numbers that are the same on every platform (xoshiro256++ seeded by splitmix64;
// Blackman and Vigna, "Scrambled linear pseudorandom number generators", ACM TOMS 2021).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace hepatica {

/// A stream of random numbers. Copying copies the state; equal seeds give equal streams.
class Rng {
 public:
  explicit Rng(uint64_t seed);

  /// A stream of its own for item `index`; does not advance this one. Order of use does not matter.
  Rng fork(uint64_t index) const;

  uint64_t next();
  /// In [0, 1).
  double uniform();
  /// In [low, high).
  double uniform(double low, double high);
  /// In [low, high], both ends included.
  int64_t integer(int64_t low, int64_t high);
  bool chance(double probability) { return uniform() < probability; }
  double normal(double mean = 0.0, double standard_deviation = 1.0);
  /// Log-uniform in [low, high); both positive.
  double log_uniform(double low, double high);
  /// Gamma(shape, 1), shape > 0 (Marsaglia and Tsang 2000).
  double gamma(double shape);
  double beta(double a, double b);
  /// Index drawn with probability proportional to its weight; weights >= 0 and not all 0.
  std::size_t weighted(const std::vector<double>& weights);

  template <class T>
  void shuffle(std::vector<T>& items) {
    for (std::size_t i = items.size(); i > 1; --i)
      std::swap(items[i - 1], items[std::size_t(integer(0, int64_t(i) - 1))]);
  }

  /// The whole state, for resuming.
  std::array<uint64_t, 4> state() const { return state_; }
  void set_state(const std::array<uint64_t, 4>& state) { state_ = state; }

 private:
  std::array<uint64_t, 4> state_;
};

}  // namespace hepatica
