#include "stats/overlap.h"

namespace hepatica::stats {

std::optional<double> dice(const OverlapCounts& c) {
  const int64_t sum = 2 * c.both + c.predicted_only + c.reference_only;
  if (sum == 0) return std::nullopt;
  return 2.0 * double(c.both) / double(sum);
}

std::optional<double> jaccard(const OverlapCounts& c) {
  const int64_t sum = c.both + c.predicted_only + c.reference_only;
  if (sum == 0) return std::nullopt;
  return double(c.both) / double(sum);
}

std::optional<double> relative_volume_error(const OverlapCounts& c) {
  const int64_t reference = c.both + c.reference_only;
  if (reference == 0) return std::nullopt;
  return double(c.predicted_only - c.reference_only) / double(reference);
}

}  // namespace hepatica::stats
