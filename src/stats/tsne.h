// t-distributed stochastic neighbour embedding.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace hepatica::stats {

struct TsneOptions {
  double perplexity = 30;  ///< lowered to (n - 1) / 3 where there are too few cases
  int iterations = 1000;
  double theta = 0.5;        ///< accuracy of Barnes-Hut: 0 is exact
  double learning_rate = 0;  ///< 0: max(n / 48, 50) (Belkina et al., Nature Communications 2019)
  uint64_t seed = 0;
};

/// Places [n] in the plane of `features` [n * dimensions] (van der Maaten, JMLR 2014; early exaggeration 12 for 250
/// iterations, momentum .5 then .8, per-coordinate gains). Attraction is over the 3 * perplexity nearest neighbours,
/// found exactly; repulsion over a quadtree. Equal seeds give equal bytes whatever the number of threads.
/// Error{bad_values}: fewer than 4 cases, or a feature that is not finite.
std::vector<std::array<double, 2>> tsne(const std::vector<double>& features, size_t dimensions, const TsneOptions&);

}  // namespace hepatica::stats
