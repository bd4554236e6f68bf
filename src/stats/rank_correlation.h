// Agreement of two rankings.
#pragma once

#include <optional>
#include <span>

namespace hepatica::stats {

/// Spearman's rank correlation (American Journal of Psychology 1904): Pearson's of the midranks, -1..1. Absent where
/// either does not vary or there are fewer than two values. Error{bad_values} on NaN.
std::optional<double> rank_correlation(std::span<const double> first, std::span<const double> second);

}  // namespace hepatica::stats
