#include "stats/chi_square.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace hepatica::stats {

double chi_square_tail(double statistic, int degrees) {
  HEPATICA_ASSERT(degrees >= 1);
  if (statistic <= 0) return 1;
  const double half = statistic / 2;
  const bool odd = degrees % 2 == 1;
  double tail = odd ? std::erfc(std::sqrt(half)) : 0;
  // The terms are half^k e^-half / Gamma(k + 1) for k below degrees/2, with steps of 1 from 1/2 (odd) or 0 (even).
  double k = odd ? 0.5 : 0;
  double term = odd ? 2 * std::sqrt(half / M_PI) * std::exp(-half) : std::exp(-half);
  for (; k < 0.5 * degrees - 0.25; k += 1) {
    tail += term;
    term *= half / (k + 1);
  }
  return std::min(tail, 1.0);
}

ChiSquareTest chi_square_test(double statistic, int degrees) {
  if (degrees < 1) return undefined_test("there is nothing to compare: no degree of freedom");
  if (!std::isfinite(statistic)) return undefined_test("the statistic is not finite");
  const double clipped = std::max(statistic, 0.0);
  return {clipped, chi_square_tail(clipped, degrees), degrees, ""};
}

ChiSquareTest undefined_test(const std::string& reason) { return {{}, {}, 0, reason}; }

nlohmann::json json_from_test(const ChiSquareTest& test) {
  nlohmann::json json{{"statistic", nullptr}, {"degrees", test.degrees}, {"p", nullptr}};
  if (test.statistic) json["statistic"] = *test.statistic;
  if (test.p) json["p"] = *test.p;
  if (!test.reason.empty()) json["reason"] = test.reason;
  return json;
}

std::string text_from_p(std::optional<double> p) {
  if (!p) return "";
  return *p < 1e-4 ? "< 0.0001" : fmt::format("{:.4f}", *p);
}

std::string text_from_test(const ChiSquareTest& test) {
  if (!test.statistic) return fmt::format("undefined ({})", test.reason);
  const std::string p = text_from_p(test.p);
  return fmt::format("{:.3f} on {} degree{}, p {}{}",
                     *test.statistic,
                     test.degrees,
                     test.degrees == 1 ? "" : "s",
                     p.starts_with("<") ? "" : "= ",
                     p);
}

}  // namespace hepatica::stats
