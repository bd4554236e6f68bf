#include "dataset/split.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/error.h"
#include "base/rng.h"
#include "dataset/data_faults.h"

namespace hepatica {
namespace {

enum class Part { training, validation, test };
using PartOf = std::map<std::string, Part>;  // of each patient

/// FNV-1a, 64 bits.
uint64_t hash_of(const std::string& text) {
  uint64_t hash = 1469598103934665603ull;
  for (const char c : text) hash = (hash ^ uint8_t(c)) * 1099511628211ull;
  return hash;
}

/// The group's own draw in [0, 1).
double place_of(const std::string& group, uint64_t seed) { return Rng(seed).fork(hash_of(group)).uniform(); }

std::vector<std::string> in_random_order(const std::set<std::string>& groups, uint64_t seed) {
  std::vector<std::pair<double, std::string>> placed;
  for (const std::string& group : groups) placed.emplace_back(place_of(group, seed), group);
  std::sort(placed.begin(), placed.end());
  std::vector<std::string> order;
  for (auto& [place, group] : placed) order.push_back(std::move(group));
  return order;
}

[[noreturn]] void throw_leak(const std::vector<std::string>& patients) {
  throw Error(ErrorCode::bad_manifest,
              fmt::format("{} patients are in two of training, validation and test: {}; give all rows of a patient the "
                          "same split",
                          patients.size(),
                          first_names(patients)));
}

/// The first `test` of the order are for test, the `validation` after them for validation.
void part_in_order(const std::vector<std::string>& order, size_t test, size_t validation, PartOf& parts) {
  for (size_t n = 0; n < order.size(); ++n)
    parts[order[n]] = n < test ? Part::test : n < test + validation ? Part::validation : Part::training;
}

/// Parts `order` by rounded shares: at least one patient for each share above 0, and one for training, as far as they
/// go.
void part_by_shares(const std::vector<std::string>& order, const SplitShares& shares, PartOf& parts) {
  const auto number_of = [&](double share, size_t others, size_t taken) -> size_t {
    if (share <= 0 || order.size() <= taken + others) return 0;
    const auto rounded = size_t(std::llround(share * double(order.size())));
    return std::clamp<size_t>(rounded, 1, order.size() - taken - others);
  };
  const size_t test = number_of(shares.test, 1 + (shares.validation > 0), 0);
  part_in_order(order, test, number_of(shares.validation, 1, test), parts);
}

std::set<std::string> patients_of(const std::vector<SplitItem>& items) {
  std::set<std::string> patients;
  for (const SplitItem& item : items) patients.insert(item.patient);
  return patients;
}

/// Draws by each patient's own place, so that others do not move it.
void part_at_random(const std::set<std::string>& patients, const SplitShares& shares, uint64_t seed, PartOf& parts) {
  const size_t others = 1 + (shares.validation > 0) + (shares.test > 0);
  if (patients.size() < others)
    throw Error(ErrorCode::bad_manifest,
                fmt::format("the data hold too few patients ({}) to part them: {} are needed, one for each part",
                            first_names({patients.begin(), patients.end()}),
                            others));
  const std::vector<std::string> order = in_random_order(patients, seed);
  size_t test = 0, validation = 0;
  for (const std::string& patient : order) {
    const double place = place_of(patient, seed);
    test += place < shares.test;
    validation += place >= shares.test && place < shares.test + shares.validation;
  }
  if (shares.test > 0) test = std::clamp<size_t>(test, 1, order.size() - others + 1);
  if (shares.validation > 0) validation = std::clamp<size_t>(validation, 1, order.size() - test - 1);
  part_in_order(order, test, validation, parts);
}

PartOf stated_parts(const std::vector<SplitItem>& items, const SplitOptions& options, uint64_t seed) {
  PartOf parts;
  std::set<std::string> training;
  bool stated = false, validation = false;
  for (const SplitItem& item : items) {
    stated |= !item.stated.empty();
    validation |= item.stated == "validation";
    if (item.stated == "validation" || item.stated == "test")
      parts[item.patient] = item.stated == "test" ? Part::test : Part::validation;
    else
      training.insert(item.patient);
  }
  std::vector<std::string> both;
  for (const SplitItem& item : items)
    if (parts.count(item.patient) && training.erase(item.patient)) both.push_back(item.patient);
  if (!both.empty()) throw_leak(both);
  if (!stated || !validation)
    part_at_random(training, {options.shares.validation, stated ? 0 : options.shares.test}, seed, parts);
  for (const std::string& patient : training) parts.try_emplace(patient, Part::training);
  return parts;
}

PartOf parts_by_class(const std::vector<SplitItem>& items, const SplitOptions& options, uint64_t seed) {
  std::map<std::string, std::string> class_of;
  for (const SplitItem& item : items) class_of.try_emplace(item.patient, item.label);
  std::map<std::string, std::set<std::string>> classes;
  for (const auto& [patient, label] : class_of) classes[label].insert(patient);
  PartOf parts;
  for (const auto& [label, patients] : classes) part_by_shares(in_random_order(patients, seed), options.shares, parts);
  return parts;
}

PartOf parts_by_time(const std::vector<SplitItem>& items, const SplitOptions& options) {
  std::map<std::string, std::string> newest;
  std::set<std::string> undated;
  for (const SplitItem& item : items) {
    std::string& date = newest[item.patient];
    date = std::max(date, item.date);
    if (item.date.empty()) undated.insert(item.patient);
  }
  if (!undated.empty())
    throw Error(ErrorCode::bad_manifest,
                fmt::format("split by time: {} patients have an image without a date ({}); give every row a `date`",
                            undated.size(),
                            first_names({undated.begin(), undated.end()})));
  std::vector<std::pair<std::string, std::string>> dated;
  for (const auto& [patient, date] : newest) dated.emplace_back(date, patient);
  std::sort(dated.rbegin(), dated.rend());
  std::vector<std::string> order;
  for (const auto& [date, patient] : dated) order.push_back(patient);
  PartOf parts;
  part_by_shares(order, options.shares, parts);
  return parts;
}

void check_centres(const std::set<std::string>& there, const SplitOptions& options) {
  for (const auto* named : {&options.validation_centres, &options.test_centres})
    for (const std::string& centre : *named)
      if (!there.count(centre))
        throw Error(ErrorCode::bad_manifest,
                    fmt::format("split by centre: there is no centre '{}'; the data have {}",
                                centre,
                                there.empty() ? "none" : first_names({there.begin(), there.end()})));
}

PartOf parts_by_centre(const std::vector<SplitItem>& items, const SplitOptions& options, uint64_t seed) {
  std::set<std::string> centres, training;
  PartOf parts;
  const auto named = [](const std::vector<std::string>& names, const std::string& centre) {
    return std::find(names.begin(), names.end(), centre) != names.end();
  };
  for (const SplitItem& item : items) {
    if (!item.centre.empty()) centres.insert(item.centre);
    if (named(options.test_centres, item.centre))
      parts[item.patient] = Part::test;
    else if (named(options.validation_centres, item.centre))
      parts[item.patient] = Part::validation;
    else
      training.insert(item.patient);
  }
  check_centres(centres, options);
  std::vector<std::string> both;
  for (const std::string& patient : training)
    if (parts.count(patient)) both.push_back(patient);
  if (!both.empty())
    throw Error(ErrorCode::bad_manifest,
                fmt::format("split by centre: {} patients are in a centre that is held out and in another: {}",
                            both.size(),
                            first_names(both)));
  if (options.validation_centres.empty()) part_at_random(training, {options.shares.validation, 0}, seed, parts);
  for (const std::string& patient : training) parts.try_emplace(patient, Part::training);
  return parts;
}

}  // namespace

Split split_by_group(const std::vector<std::string>& groups, const SplitShares& shares, uint64_t seed) {
  std::vector<SplitItem> items;
  for (const std::string& group : groups) items.push_back({group, "", "", "", ""});
  SplitOptions options;
  options.shares = shares;
  options.by = "random";
  return split_items(items, options, seed);
}

SplitShares split_shares(OptionReader& reader) {
  SplitShares shares;
  shares.validation = reader.number("validation", shares.validation, 0, 0.9);
  shares.test = reader.number("test", shares.test, 0, 0.9);
  if (shares.validation + shares.test > 0.95)
    throw Error(ErrorCode::bad_recipe,
                "data: 'validation' and 'test' leave less than 5 % of the patients for training");
  return shares;
}

SplitOptions split_options(OptionReader& reader) {
  SplitOptions options;
  options.shares = split_shares(reader);
  options.by = reader.choice("split", options.by, {"stated", "random", "class", "time", "centre"});
  options.validation_centres = reader.texts("validation_centres", {});
  options.test_centres = reader.texts("test_centres", {});
  const bool named = !options.validation_centres.empty() || !options.test_centres.empty();
  if (named != (options.by == "centre"))
    throw Error(ErrorCode::bad_recipe,
                "data: 'split: centre' and the names in 'validation_centres' or 'test_centres' belong together");
  return options;
}

Split split_items(const std::vector<SplitItem>& items, const SplitOptions& options, uint64_t seed) {
  PartOf parts;
  if (options.by == "stated")
    parts = stated_parts(items, options, seed);
  else if (options.by == "class")
    parts = parts_by_class(items, options, seed);
  else if (options.by == "time")
    parts = parts_by_time(items, options);
  else if (options.by == "centre")
    parts = parts_by_centre(items, options, seed);
  else
    part_at_random(patients_of(items), options.shares, seed, parts);
  Split split;
  for (size_t i = 0; i < items.size(); ++i) {
    const Part part = parts.at(items[i].patient);
    (part == Part::test ? split.test : part == Part::validation ? split.validation : split.training).push_back(i);
  }
  if (split.training.empty())
    throw Error(ErrorCode::bad_manifest, "no patient is left to train on; lower the shares of validation and test");
  return split;
}

void check_no_leak(const std::vector<std::string>& groups, const Split& split) {
  std::map<std::string, int> part_of;
  std::set<std::string> both;
  int part = 0;
  for (const auto* items : {&split.training, &split.validation, &split.test}) {
    for (const size_t i : *items)
      if (part_of.try_emplace(groups.at(i), part).first->second != part) both.insert(groups.at(i));
    ++part;
  }
  if (!both.empty()) throw_leak({both.begin(), both.end()});
}

}  // namespace hepatica
