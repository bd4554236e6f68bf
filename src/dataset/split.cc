#include "dataset/split.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/error.h"
#include "base/rng.h"

namespace hepatica {
namespace {

/// FNV-1a, 64 bits.
uint64_t hash_of(const std::string& text) {
  uint64_t hash = 1469598103934665603ull;
  for (const char c : text) hash = (hash ^ uint8_t(c)) * 1099511628211ull;
  return hash;
}

}  // namespace

Split split_by_group(const std::vector<std::string>& groups, double fraction, uint64_t seed) {
  std::map<std::string, double> place;  // each group's own draw in [0, 1)
  for (const std::string& group : groups) {
    if (!place.count(group)) place[group] = Rng(seed).fork(hash_of(group)).uniform();
  }
  if (place.size() < 2) {
    throw Error(ErrorCode::bad_manifest,
                "the data hold a single patient ('" + (place.empty() ? std::string() : place.begin()->first) +
                    "'): at least two are needed, one to train and one to validate on");
  }
  const auto smallest =
      std::min_element(place.begin(), place.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  const auto largest =
      std::max_element(place.begin(), place.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  const double smallest_place = smallest->second, largest_place = largest->second;
  Split split;
  for (size_t i = 0; i < groups.size(); ++i) {
    const double mine = place.at(groups[i]);
    const bool validation = (mine < fraction && mine < largest_place) || mine == smallest_place;
    (validation ? split.validation : split.training).push_back(i);
  }
  return split;
}

void check_no_leak(const std::vector<std::string>& groups, const Split& split) {
  std::set<std::string> training, both;
  for (const size_t i : split.training) training.insert(groups.at(i));
  for (const size_t i : split.validation) {
    if (training.count(groups.at(i))) both.insert(groups.at(i));
  }
  if (both.empty()) return;
  std::string names;
  size_t listed = 0;
  for (const std::string& group : both) {
    if (++listed > 10) break;
    names += (names.empty() ? "'" : ", '") + group + "'";
  }
  throw Error(ErrorCode::bad_manifest,
              std::to_string(both.size()) + " patients are in training and in validation: " + names +
                  "; give all rows of a patient the same split");
}

}  // namespace hepatica
