#include "stats/survival_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <tuple>

#include "base/error.h"

namespace hepatica::stats {

int64_t SurvivalData::events() const { return std::accumulate(event.begin(), event.end(), int64_t(0)); }

void check(const SurvivalData& data) {
  if (data.time.size() != data.event.size())
    throw Error(ErrorCode::bad_values,
                fmt::format("{} times beside {} events; give both for each case", data.time.size(), data.event.size()));
  if (data.time.empty()) throw Error(ErrorCode::bad_values, "there is no case; give at least one");
  std::string faults;
  int count = 0;
  for (size_t i = 0; i < data.size() && count < 10; ++i) {
    if (!(data.time[i] >= 0) || !std::isfinite(data.time[i]))
      faults += fmt::format("{}case {}: a time of {} (it must be 0 or more)", count++ ? "; " : "", i + 1, data.time[i]);
    if (data.event[i] > 1)
      faults += fmt::format("{}case {}: an event of {} (it must be 0 or 1)", count++ ? "; " : "", i + 1, data.event[i]);
  }
  if (count > 0) throw Error(ErrorCode::bad_values, faults);
}

SurvivalData cases_of(const SurvivalData& data, std::span<const size_t> indices) {
  SurvivalData part;
  for (const size_t i : indices) {
    part.time.push_back(data.time[i]);
    part.event.push_back(data.event[i]);
  }
  return part;
}

RiskOrder risk_order(const SurvivalData& data, std::span<const uint32_t> strata) {
  const auto stratum = [&](size_t i) { return strata.empty() ? 0u : strata[i]; };
  RiskOrder order;
  order.cases.resize(data.size());
  std::iota(order.cases.begin(), order.cases.end(), size_t(0));
  std::ranges::stable_sort(
      order.cases, {}, [&](size_t i) { return std::tuple(stratum(i), -data.time[i], 1 - int(data.event[i])); });
  for (size_t at = 0; at < order.cases.size(); ++at) {
    const size_t i = order.cases[at];
    if (order.groups.empty() || order.groups.back().stratum != stratum(i) || order.groups.back().time != data.time[i])
      order.groups.push_back({stratum(i), data.time[i], at, at, 0});
    order.groups.back().end = at + 1;
    order.groups.back().events += data.event[i];
  }
  return order;
}

}  // namespace hepatica::stats
