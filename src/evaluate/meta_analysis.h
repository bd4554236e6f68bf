// A meta-analysis of diagnostic accuracy as JSON, tables and figures.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "evaluate/named_output.h"
#include "evaluate/study_table.h"
#include "stats/bivariate_meta.h"
#include "stats/summary_roc.h"

namespace hepatica {

struct MetaAnalysis {
  stats::BivariateMeta fit;
  stats::SummaryRoc roc;
  std::vector<stats::StudyEstimates> studies;
};
/// Error{bad_values} names the file and the studies (from 1) with a count of 0 where `options` do not correct them.
MetaAnalysis analyse_studies(const StudyTable& table, const stats::BivariateOptions& options);

/// {"n", "likelihood", "correction", "summary", "between", "heterogeneity", "hsroc", "sroc", "log_likelihood",
/// "studies", "input", "warnings"}.
nlohmann::json json_from_meta(const MetaAnalysis& analysis, const StudyTable& table);

/// summary.csv and studies.csv.
std::vector<NamedCsv> csvs_from_meta(const MetaAnalysis& analysis, const StudyTable& table);

/// sroc (studies, curve, summary point with its region, and that of a new study), forest_sensitivity and
/// forest_specificity.
std::vector<NamedDrawing> figures_from_meta(const MetaAnalysis& analysis, const StudyTable& table);

/// The main results as rows of a table for the terminal; the first is the header.
std::vector<std::vector<std::string>> rows_from_meta(const MetaAnalysis& analysis);

}  // namespace hepatica
