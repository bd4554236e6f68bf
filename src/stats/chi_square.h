// A chi-square statistic with its p.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace hepatica::stats {

/// A test whose statistic is chi-square distributed under the hypothesis; p is absent where the statistic is.
struct ChiSquareTest {
  std::optional<double> statistic, p;
  int degrees = 0;
  std::string reason;  ///< why there is no statistic; empty otherwise
};

/// Undefined with a reason where there is no degree of freedom or the statistic is not finite.
ChiSquareTest chi_square_test(double statistic, int degrees);
ChiSquareTest undefined_test(const std::string& reason);

/// {"statistic", "degrees", "p"}, with "reason" where they are null.
nlohmann::json json_from_test(const ChiSquareTest& test);

/// "0.032", "< 0.0001".
std::string text_from_p(std::optional<double> p);
/// "12.3 on 2 degrees, p = 0.0021", or "undefined (reason)".
std::string text_from_test(const ChiSquareTest& test);

}  // namespace hepatica::stats
