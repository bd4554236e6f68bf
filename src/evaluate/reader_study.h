// A reader study: how well each reader and level does, how they agree with a method and with each other, whether
// modalities or a method differ from the readers at large, and what readers and method give together.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "evaluate/reading_table.h"
#include "stats/agreement.h"
#include "stats/mrmc.h"

namespace hepatica {

struct ReaderStudyOptions {
  stats::BootstrapOptions bootstrap;
  std::string positive;  ///< as in EvaluationOptions
  std::string ai;        ///< the reader that is the method; empty: none
  /// Confidences say how sure the reader is that the case is of the positive class; else, of the reading.
  bool confidence_of_positive = false;
  stats::KappaWeights weights = stats::KappaWeights::none;
  stats::CovarianceMethod covariance = stats::CovarianceMethod::jackknife;
  /// Combined readings also: one with less confidence than this takes the method's. Needs confidences of the reading.
  std::optional<double> unsure;
};

/// Of one reader, or of all readings of a level (reader empty), or of all readers (both empty), in one modality.
struct ReaderScore {
  std::string reader, level, modality;
  int64_t readers = 1, n = 0;  ///< n: readings
  std::vector<stats::NamedEstimate> estimates;
};

/// The method against one reader on the cases of both; `both` right, `only_first` (the method), `only_second`.
struct ReaderAgreement {
  std::string reader, level, modality;
  stats::PairedCounts counts;
  stats::Estimate difference;  ///< accuracy of the method minus that of the reader
  stats::Test exact, mid_p, chi_square;
  std::optional<double> holm, benjamini_hochberg;  ///< of the exact p, over all readers and modalities
};

struct PairKappa {
  std::string first, second, modality;
  stats::Kappa kappa;
};

/// Fleiss' kappa of the readers of a level (all: level empty) on the cases that all of them read.
struct GroupKappa {
  std::string level, modality;
  int64_t readers = 0;
  stats::Kappa kappa;
};

/// Multi-reader multi-case analysis of the human readers on the cases that all of them read in all modalities.
struct ModalityAnalysis {
  std::string merit;  ///< "accuracy" or "auc"
  std::vector<std::string> modalities, readers;
  int64_t n = 0;
  stats::MrmcResult obuchowski_rockette;
  stats::DbmResult dorfman_berbaum_metz;
};

/// The readers of one modality against the method.
struct MethodAnalysis {
  std::string merit, modality;
  std::vector<std::string> readers;
  int64_t n = 0;
  stats::StandaloneResult result;
};

/// Readings of a reader (empty: the majority of the readers) and the method put together by a rule, against those of
/// the reader (the majority) alone.
struct CombinedReading {
  std::string reader, level, modality, rule;
  std::vector<stats::NamedEstimate> estimates;
  stats::PairedCounts counts;  ///< `first` is the combined reading
  stats::Estimate difference;
  stats::Test test;
};

struct ReaderStudyResult {
  std::string positive;  ///< empty with more than two classes
  std::vector<ReaderScore> scores;
  std::vector<ReaderAgreement> agreement;
  std::vector<PairKappa> cohen;
  std::vector<GroupKappa> fleiss;
  std::vector<ModalityAnalysis> modality_analyses;
  std::vector<MethodAnalysis> method_analyses;
  std::vector<CombinedReading> combined;
  std::vector<std::string> warnings;
};

/// Errors of `positive_class` and `reader_number`; Error{usage} where `unsure` is given without confidences of the
/// reading.
ReaderStudyResult analyse_readers(const ReadingTable& table, const ReaderStudyOptions& options);

/// {"n", "classes", "positive", "ai", "readers", "modalities", "scores", "agreement", "kappa": {"cohen", "fleiss"},
/// "mrmc", "against_ai", "combined", "input", "warnings"}.
nlohmann::json json_from_readers(const ReaderStudyResult& result,
                                 const ReadingTable& table,
                                 const ReaderStudyOptions& options);

/// "reader,level,modality,readers,rule,metric,class,value,lower,upper,n,method,reason"; the rule is "alone", or how the
/// reading was combined with the method's. Without a reader: all readers of the level.
std::string readers_csv(const ReaderStudyResult& result);
/// "kind,first,second,level,modality,n,both_right,only_ai,only_reader,neither,value,lower,upper,p,p_mid,p_chi_square,
/// p_holm,p_bh,reason": the method against each reader (value: difference of the accuracies), Cohen's and Fleiss'
/// kappas.
std::string agreement_csv(const ReaderStudyResult& result, const std::string& ai);

}  // namespace hepatica
