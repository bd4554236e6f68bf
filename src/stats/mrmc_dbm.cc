#include <algorithm>
#include <cmath>

#include "stats/distributions.h"
#include "stats/mrmc.h"
#include "stats/mrmc_covariance.h"

namespace hepatica::stats {
namespace {

constexpr double kNothing = 1e-15;

/// Values [modality, reader, case] with their sums of squares over every set of factors.
class ThreeWay {
 public:
  ThreeWay(std::vector<double> values, size_t t, size_t r, size_t c) : values_(std::move(values)), size_{t, r, c} {}

  /// Number of cells times the squared mean, summed over the levels of the factors in `kept` (bit 0 modality, bit 1
  /// reader, bit 2 case).
  double squares(unsigned kept) const {
    const size_t stride_r = kept & 2 ? size_[1] : 1, stride_c = kept & 4 ? size_[2] : 1;
    const size_t cells = (kept & 1 ? size_[0] : 1) * stride_r * stride_c;
    std::vector<double> sums(cells, 0.0);
    for (size_t i = 0; i < size_[0]; ++i)
      for (size_t j = 0; j < size_[1]; ++j)
        for (size_t k = 0; k < size_[2]; ++k)
          sums[((kept & 1 ? i : 0) * stride_r + (kept & 2 ? j : 0)) * stride_c + (kept & 4 ? k : 0)] +=
              values_[(i * size_[1] + j) * size_[2] + k];
    const double in_cell = double(values_.size()) / double(cells);
    double total = 0;
    for (double sum : sums) total += sum * sum / in_cell;
    return total;
  }

  /// Mean square of the main effect or interaction of the factors in `factors`, by inclusion and exclusion.
  double mean_square(unsigned factors) const {
    double sum = 0, degrees = 1;
    for (unsigned f = 0; f < 3; ++f)
      if (factors >> f & 1) degrees *= double(size_[f]) - 1;
    for (unsigned subset = 0; subset < 8; ++subset) {
      if (subset & ~factors) continue;
      sum += (__builtin_popcount(factors ^ subset) % 2 ? -1 : 1) * squares(subset);
    }
    return degrees > 0 ? std::max(0.0, sum) / degrees : 0;
  }

 private:
  std::vector<double> values_;
  size_t size_[3];
};

Test f_test(const std::string& method, double top, double bottom, double numerator, double denominator, size_t cases) {
  if (!(numerator > 0)) return undefined_outcome(method, int64_t(cases), "one modality: there is nothing to compare");
  if (!(denominator > 0)) return undefined_outcome(method, int64_t(cases), "one reader does not tell how readers vary");
  if (!(bottom > kNothing)) return undefined_outcome(method, int64_t(cases), "the pseudovalues do not vary");
  const double f = top / bottom;
  return {method, f, numerator, f_tail(f, numerator, denominator), denominator, int64_t(cases), ""};
}

}  // namespace

DbmResult dorfman_berbaum_metz(const ReaderStudy& study, Merit merit) {
  check_study(study, merit);
  const auto left_out = merits_left_out(study, merit);
  const std::vector<double> merits = merits_of(study, merit);
  const double k = double(study.cases);
  std::vector<double> pseudovalues;
  for (size_t arm = 0; arm < merits.size(); ++arm) {
    // Centred so that their mean is the figure of merit itself (Hillis, Berbaum and Metz 2008).
    double mean = 0;
    for (double value : left_out[arm]) mean += value / k;
    for (double value : left_out[arm]) pseudovalues.push_back(merits[arm] + (k - 1) * (mean - value));
  }
  const ThreeWay anova(pseudovalues, study.modalities, study.readers, study.cases);
  DbmResult r{anova.mean_square(1),
              anova.mean_square(2),
              anova.mean_square(4),
              anova.mean_square(3),
              anova.mean_square(5),
              anova.mean_square(6),
              anova.mean_square(7),
              {},
              {},
              {}};
  const double numerator = double(study.modalities) - 1, readers = double(study.readers) - 1;
  const double random = r.ms_tr + std::max(r.ms_tc - r.ms_trc, 0.0);
  const double degrees =
      r.ms_tr > kNothing ? random * random / (r.ms_tr * r.ms_tr / (numerator * readers)) : numerator * readers;
  r.random_both =
      f_test("DBM, random readers and cases", r.ms_t, random, numerator, readers > 0 ? degrees : 0, study.cases);
  r.fixed_readers =
      f_test("DBM, fixed readers, random cases", r.ms_t, r.ms_tc, numerator, numerator * (k - 1), study.cases);
  r.fixed_cases =
      f_test("DBM, random readers, fixed cases", r.ms_t, r.ms_tr, numerator, numerator * readers, study.cases);
  return r;
}

}  // namespace hepatica::stats
