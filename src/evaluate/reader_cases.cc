#include "evaluate/reader_cases.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/files.h"
#include "evaluate/evaluation_cases.h"

namespace hepatica {

ReaderCases::ReaderCases(const ReadingTable& table, const ReaderStudyOptions& options)
    : table_(table), options_(options) {
  classification_.positive = positive_class(table.classes, options.positive, table.file);
  if (!options.ai.empty()) ai_ = reader_number(table, options.ai);
  std::set<std::string> levels;
  for (size_t r = 0; r < table.readers.size(); ++r) {
    if (ai_ && *ai_ == r) continue;
    humans_.push_back(r);
    if (!table.levels[r].empty()) levels.insert(table.levels[r]);
  }
  if (humans_.empty())
    throw Error(ErrorCode::bad_manifest, fmt::format("{}: there is no reader beside '{}'", table.file, options.ai));
  levels_.assign(levels.begin(), levels.end());
  std::sort(levels_.begin(), levels_.end(), natural_less);
  for (size_t m = 0; m < table.modalities.size(); ++m) {
    bool read = false;
    for (const size_t r : humans_)
      for (size_t i = 0; i < table.case_ids.size(); ++i) read = read || table.at(m, r, i);
    if (read) modalities_.push_back(m);
  }
}

std::vector<size_t> ReaderCases::humans_of(const std::string& level) const {
  std::vector<size_t> readers;
  for (const size_t r : humans_)
    if (level.empty() || table_.levels[r] == level) readers.push_back(r);
  return readers;
}

const std::optional<Reading>& ReaderCases::reading(size_t modality, size_t reader, size_t of_case) const {
  const auto& own = table_.at(modality, reader, of_case);
  if (own || !ai_ || reader != *ai_) return own;
  for (size_t m = 0; m < table_.modalities.size(); ++m)
    if (const auto& other = table_.at(m, reader, of_case)) return other;
  return own;
}

std::vector<size_t> ReaderCases::complete(const std::vector<size_t>& modalities,
                                          const std::vector<size_t>& readers) const {
  std::vector<size_t> cases;
  for (size_t i = 0; i < table_.case_ids.size(); ++i) {
    bool all = true;
    for (const size_t m : modalities)
      for (const size_t r : readers) all = all && reading(m, r, i);
    if (all) cases.push_back(i);
  }
  return cases;
}

std::optional<double> ReaderCases::rating(const Reading& reading) const {
  if (!reading.confidence || !binary()) return std::nullopt;
  if (options_.confidence_of_positive || size_t(reading.said) == positive()) return reading.confidence;
  return -*reading.confidence;
}

stats::Predictions ReaderCases::predictions(const std::vector<size_t>& cases, const std::vector<int>& said) const {
  stats::Predictions p;
  p.classes = table_.classes;
  p.predicted = said;
  for (const size_t i : cases) p.truth.push_back(table_.truth[i]);
  return p;
}

std::vector<stats::NamedEstimate> ReaderCases::estimates(const std::vector<size_t>& cases,
                                                         const std::vector<int>& said) const {
  if (cases.empty()) return {};
  std::vector<std::string> clusters;
  for (const size_t i : cases) clusters.push_back(table_.case_ids[i]);
  const stats::Predictions p = predictions(cases, said);
  return stats::estimate_all(p, class_sampling(p, clusters), classification_, options_.bootstrap);
}

namespace {

/// Whether readers gave the probability of the positive class where their confidence in the reading is expected: below
/// one half exactly where they said the other class.
bool looks_like_probability(const ReaderCases& study) {
  const ReadingTable& table = study.table();
  bool below = false;
  for (const size_t m : study.modalities())
    for (const size_t r : study.humans())
      for (size_t i = 0; i < table.case_ids.size(); ++i) {
        const auto& reading = table.at(m, r, i);
        if (!reading) continue;
        if (!reading->confidence || *reading->confidence < 0 || *reading->confidence > 1) return false;
        if ((*reading->confidence < 0.5) == (size_t(reading->said) == study.positive())) return false;
        below = below || *reading->confidence < 0.5;
      }
  return below;
}

}  // namespace

ReaderStudyResult analyse_readers(const ReadingTable& table, const ReaderStudyOptions& options) {
  if (options.unsure && (!table.has_confidence || options.confidence_of_positive))
    throw Error(
        ErrorCode::usage,
        fmt::format("{}: combining by confidence needs, for each reading, a confidence in the reading", table.file));
  const ReaderCases cases(table, options);
  ReaderStudyResult result;
  result.warnings = table.warnings;
  if (cases.binary()) result.positive = table.classes[cases.positive()];
  if (cases.binary() && !options.confidence_of_positive && looks_like_probability(cases))
    result.warnings.push_back(fmt::format(
        "{}: the confidences look like probabilities of '{}' and are taken as confidence in the reading; if "
        "they are probabilities, say --confidence-means positive",
        table.file,
        result.positive));
  result.scores = reader_scores(cases, options);
  result.agreement = reader_agreement(cases, options);
  result.cohen = pair_kappas(cases, options);
  result.fleiss = group_kappas(cases, options);
  analyse_merits(cases, options, result);
  result.combined = combined_readings(cases, options);
  return result;
}

}  // namespace hepatica
