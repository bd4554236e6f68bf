#include "evaluate/number_check.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <map>
#include <set>

#include "base/error.h"

namespace hepatica {
namespace {

constexpr size_t kMostFaults = 10;
constexpr double kRounding = 1e-9;

void add_faults(const std::vector<stats::NamedEstimate>& estimates,
                const std::string& where,
                std::vector<std::string>& faults) {
  for (const auto& named : estimates) {
    const std::string metric = named.name.substr(named.name.rfind(':') + 1);
    std::vector<stats::Estimate> all{named.estimate};
    all.insert(all.end(), named.others.begin(), named.others.end());
    for (const stats::Estimate& estimate : all)
      if (const std::string fault = fault_of(where + named.name, estimate, is_share(metric)); !fault.empty())
        faults.push_back(fault);
  }
}

[[noreturn]] void refuse(std::vector<std::string> faults) {
  if (faults.size() > kMostFaults) faults.resize(kMostFaults);
  throw Error(
      ErrorCode::internal,
      fmt::format("the evaluation holds numbers that cannot be, and was not written: {}", fmt::join(faults, "; ")));
}

}  // namespace

bool is_share(const std::string& metric) {
  static const std::set<std::string> kOthers{"log_loss",
                                             "brier",
                                             "calibration_slope",
                                             "calibration_intercept",
                                             "volume_error",
                                             "hausdorff_95_mm",
                                             "mean_surface_distance_mm"};
  return !kOthers.count(metric);
}

std::string fault_of(const std::string& name, const stats::Estimate& e, bool share) {
  if (e.n < 0) return fmt::format("{} has n = {}", name, e.n);
  if (!e.value) return e.reason.empty() ? fmt::format("{} has neither a value nor a reason", name) : "";
  for (const auto& number : {e.value, e.lower, e.upper})
    if (number && !std::isfinite(*number)) return fmt::format("{} holds a number that is not finite", name);
  if ((e.lower && *e.lower > *e.value + kRounding) || (e.upper && *e.upper < *e.value - kRounding))
    return fmt::format("{} = {} lies outside its interval", name, *e.value);
  for (const auto& number : {e.value, e.lower, e.upper})
    if (share && number && (*number < -kRounding || *number > 1 + kRounding))
      return fmt::format("{} is a share and holds {}", name, *number);
  return "";
}

void check_numbers(const std::vector<stats::NamedEstimate>& estimates) {
  std::vector<std::string> faults;
  add_faults(estimates, "", faults);
  if (!faults.empty()) refuse(faults);
}

void check_numbers(const Evaluation& e) {
  std::vector<std::string> faults;
  add_faults(e.estimates, "", faults);
  int64_t counted = 0;
  for (const auto& row : e.confusion)
    for (const int64_t count : row) counted += count;
  if (counted != e.n) faults.push_back(fmt::format("the confusion matrix counts {} of {} cases", counted, e.n));
  std::map<std::string, int64_t> of_column;
  for (const auto& stratum : e.strata) {
    add_faults(stratum.estimates, fmt::format("{} {}: ", stratum.column, stratum.level), faults);
    of_column[stratum.column] += stratum.n;
  }
  for (const auto& [column, n] : of_column)
    if (n != e.n) faults.push_back(fmt::format("the strata of {} hold {} of {} cases", column, n, e.n));
  if (!faults.empty()) refuse(faults);
}

}  // namespace hepatica
