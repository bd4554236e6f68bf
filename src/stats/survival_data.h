// Times to an event, right-censored, and who is at risk when.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace hepatica::stats {

/// One entry a case. A censored case is at risk up to and including its time: events come before censorings at the same
/// time.
struct SurvivalData {
  std::vector<double> time;    ///< >= 0, any unit
  std::vector<uint8_t> event;  ///< 1: the event happened at `time`; 0: censored then

  size_t size() const { return time.size(); }
  int64_t events() const;
};

/// Error{bad_values} naming up to ten cases (from 1) with a negative or not finite time or an event that is not 0 or 1;
/// or where there is no case, or the two differ in length.
void check(const SurvivalData& data);

SurvivalData cases_of(const SurvivalData& data, std::span<const size_t> indices);

/// Cases of one stratum that leave observation at the same time.
struct TimeGroup {
  uint32_t stratum = 0;
  double time = 0;
  size_t begin = 0, end = 0;  ///< range of RiskOrder::cases; the events come first
  int64_t events = 0;
};

/// Cases by stratum and falling time: those at risk at a time are the ones of its stratum up to its group's end.
struct RiskOrder {
  std::vector<size_t> cases;
  std::vector<TimeGroup> groups;
};

/// `strata` is empty (one stratum) or has one number a case. Times are equal where they are the same number.
RiskOrder risk_order(const SurvivalData& data, std::span<const uint32_t> strata = {});

}  // namespace hepatica::stats
