// Views of a reader study that its analyses share.
#pragma once

#include "evaluate/reader_study.h"

namespace hepatica {

/// The study with its options resolved to numbers.
class ReaderCases {
 public:
  /// Errors: those of `analyse_readers`.
  ReaderCases(const ReadingTable& table, const ReaderStudyOptions& options);

  const ReadingTable& table() const { return table_; }
  const stats::ClassificationOptions& classification() const { return classification_; }
  bool binary() const { return table_.classes.size() == 2; }
  size_t positive() const { return size_t(classification_.positive); }
  const std::optional<size_t>& ai() const { return ai_; }

  /// Human readers, and the modalities in which one of them has read.
  const std::vector<size_t>& humans() const { return humans_; }
  const std::vector<size_t>& modalities() const { return modalities_; }
  /// Levels of human readers in natural order; without the empty one.
  const std::vector<std::string>& levels() const { return levels_; }
  /// Human readers of a level; all where it is empty.
  std::vector<size_t> humans_of(const std::string& level) const;

  /// What a reader said. The method's reading in another modality serves where it has none in this one.
  const std::optional<Reading>& reading(size_t modality, size_t reader, size_t of_case) const;
  /// Cases that all of them read in all of these modalities.
  std::vector<size_t> complete(const std::vector<size_t>& modalities, const std::vector<size_t>& readers) const;

  bool right(const Reading& reading, size_t of_case) const { return reading.said == table_.truth[of_case]; }
  /// Rating that the case is of the positive class, with two classes: the confidence, negative where another class was
  /// said; absent without a confidence.
  std::optional<double> rating(const Reading& reading) const;

  /// Predictions that hold `said[i]` for `cases[i]`.
  stats::Predictions predictions(const std::vector<size_t>& cases, const std::vector<int>& said) const;
  /// All statistics of those, with intervals over cases; a case may stand there several times.
  std::vector<stats::NamedEstimate> estimates(const std::vector<size_t>& cases, const std::vector<int>& said) const;

 private:
  const ReadingTable& table_;
  const ReaderStudyOptions& options_;
  stats::ClassificationOptions classification_;
  std::optional<size_t> ai_;
  std::vector<size_t> humans_, modalities_;
  std::vector<std::string> levels_;
};

std::vector<ReaderScore> reader_scores(const ReaderCases& cases, const ReaderStudyOptions& options);
std::vector<ReaderAgreement> reader_agreement(const ReaderCases& cases, const ReaderStudyOptions& options);
std::vector<PairKappa> pair_kappas(const ReaderCases& cases, const ReaderStudyOptions& options);
std::vector<GroupKappa> group_kappas(const ReaderCases& cases, const ReaderStudyOptions& options);
/// Into `result`, with a warning for what the readings do not allow.
void analyse_merits(const ReaderCases& cases, const ReaderStudyOptions& options, ReaderStudyResult& result);
std::vector<CombinedReading> combined_readings(const ReaderCases& cases, const ReaderStudyOptions& options);

}  // namespace hepatica
