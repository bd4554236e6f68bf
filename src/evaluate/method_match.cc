#include "evaluate/method_match.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "base/error.h"

namespace hepatica {
namespace {

constexpr size_t kMostFaults = 10;

[[noreturn]] void refuse(const std::string& text) { throw Error(ErrorCode::bad_manifest, text); }

std::vector<std::string> common_classes(const std::vector<PredictionTable>& tables) {
  for (const PredictionTable& table : tables)
    if (table.scores != "labels") return table.predictions.classes;
  std::set<std::string> all;
  for (const PredictionTable& table : tables)
    all.insert(table.predictions.classes.begin(), table.predictions.classes.end());
  return {all.begin(), all.end()};
}

/// Place of each class of `from` in `to`.
std::vector<int> places_of(const std::vector<std::string>& from, const std::vector<std::string>& to) {
  std::vector<int> places;
  for (const std::string& name : from) {
    const auto found = std::find(to.begin(), to.end(), name);
    places.push_back(found == to.end() ? -1 : int(found - to.begin()));
  }
  return places;
}

void take_classes(PredictionTable& table, const std::vector<std::string>& classes) {
  stats::Predictions& p = table.predictions;
  const size_t k = p.classes.size();
  const std::vector<int> places = places_of(p.classes, classes);
  const bool lacks = std::count(places.begin(), places.end(), -1) > 0;
  if (lacks || (!p.probability.empty() && k != classes.size()))
    refuse(fmt::format("{} has the classes {}, and another table has {}; give tables of the same classes",
                       table.file,
                       fmt::join(p.classes, ", "),
                       fmt::join(classes, ", ")));
  for (int& truth : p.truth) truth = places[size_t(truth)];
  for (int& predicted : p.predicted) predicted = places[size_t(predicted)];
  std::vector<double> probability(p.probability.size());
  for (size_t i = 0; i < probability.size(); ++i) probability[i / k * k + size_t(places[i % k])] = p.probability[i];
  p.probability = std::move(probability);
  p.classes = classes;
}

/// Adds what keeps `table` from having the cases of `first`.
void find_faults(const PredictionTable& first, const PredictionTable& table, FaultList& faults) {
  std::map<std::string, size_t> rows;
  for (size_t i = 0; i < table.case_ids.size(); ++i) rows[table.case_ids[i]] = i;
  for (size_t i = 0; i < first.case_ids.size(); ++i) {
    const auto found = rows.find(first.case_ids[i]);
    if (found == rows.end()) {
      faults.add(fmt::format("{}: case '{}' of {} is missing; add it, or leave it out of both",
                             table.file,
                             first.case_ids[i],
                             first.file));
      continue;
    }
    const auto &a = first.predictions, &b = table.predictions;
    if (a.truth[i] != b.truth[found->second])
      faults.add(fmt::format("{}: case '{}' has the truth '{}', and '{}' in {}; a case has one truth",
                             table.file,
                             first.case_ids[i],
                             b.classes[size_t(b.truth[found->second])],
                             a.classes[size_t(a.truth[i])],
                             first.file));
    rows.erase(found);
  }
  for (const std::string& id : table.case_ids)
    if (rows.count(id))
      faults.add(
          fmt::format("{}: case '{}' of {} is missing; add it, or leave it out of both", first.file, id, table.file));
}

PredictionTable in_order_of(const std::vector<std::string>& case_ids, const PredictionTable& table) {
  std::map<std::string, size_t> rows;
  for (size_t i = 0; i < table.case_ids.size(); ++i) rows[table.case_ids[i]] = i;
  PredictionTable sorted = table;
  const size_t k = table.predictions.classes.size();
  sorted.case_ids = case_ids;
  for (size_t i = 0; i < case_ids.size(); ++i) {
    const size_t row = rows.at(case_ids[i]);
    sorted.predictions.truth[i] = table.predictions.truth[row];
    sorted.predictions.predicted[i] = table.predictions.predicted[row];
    for (size_t c = 0; c < k && !table.predictions.probability.empty(); ++c)
      sorted.predictions.probability[i * k + c] = table.predictions.probability[row * k + c];
    for (size_t c = 0; c < table.columns.size(); ++c) sorted.columns[c].values[i] = table.columns[c].values[row];
  }
  return sorted;
}

}  // namespace

void FaultList::add(const std::string& text) {
  ++count_;
  if (texts_.size() < kMostFaults) texts_.push_back(text);
}

void FaultList::raise() const {
  if (empty()) return;
  std::string text = fmt::format("{}", fmt::join(texts_, "\n"));
  if (count_ > texts_.size()) text += fmt::format("\nand {} more", count_ - texts_.size());
  refuse(text);
}

std::vector<PredictionTable> same_classes(std::vector<PredictionTable> tables) {
  const std::vector<std::string> classes = common_classes(tables);
  for (PredictionTable& table : tables) take_classes(table, classes);
  return tables;
}

std::vector<PredictionTable> same_cases(std::vector<PredictionTable> tables) {
  FaultList faults;
  for (size_t t = 1; t < tables.size(); ++t) find_faults(tables[0], tables[t], faults);
  faults.raise();
  for (size_t t = 1; t < tables.size(); ++t) tables[t] = in_order_of(tables[0].case_ids, tables[t]);
  return tables;
}

std::vector<std::string> method_names(const std::vector<std::string>& files) {
  std::vector<std::string> names;
  for (const std::string& file : files) names.push_back(std::filesystem::path(file).stem().string());
  const std::set<std::string> distinct(names.begin(), names.end());
  return distinct.size() == names.size() ? names : files;
}

}  // namespace hepatica
