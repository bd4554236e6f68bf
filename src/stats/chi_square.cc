#include "stats/chi_square.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "stats/distributions.h"

namespace hepatica::stats {

ChiSquareTest chi_square_test(double statistic, int degrees) {
  if (degrees < 1) return undefined_test("there is nothing to compare: no degree of freedom");
  if (!std::isfinite(statistic)) return undefined_test("the statistic is not finite");
  const double clipped = std::max(statistic, 0.0);
  return {clipped, f_tail(clipped / degrees, degrees, std::numeric_limits<double>::infinity()), degrees, ""};
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
