#include "stats/rank_correlation.h"

#include <cmath>
#include <vector>

#include "base/error.h"
#include "stats/roc.h"

namespace hepatica::stats {

std::optional<double> rank_correlation(std::span<const double> first, std::span<const double> second) {
  HEPATICA_ASSERT(first.size() == second.size());
  const std::vector<double> a = midranks(first), b = midranks(second);
  const double mean = 0.5 * double(a.size() + 1);
  double both = 0, of_a = 0, of_b = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    both += (a[i] - mean) * (b[i] - mean);
    of_a += (a[i] - mean) * (a[i] - mean);
    of_b += (b[i] - mean) * (b[i] - mean);
  }
  if (of_a <= 0 || of_b <= 0) return std::nullopt;
  return both / std::sqrt(of_a * of_b);
}

}  // namespace hepatica::stats
