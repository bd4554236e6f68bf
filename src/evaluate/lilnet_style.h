// The tables and panels of the LiLNet paper (Nature Communications 2024), from predictions.
#pragma once

#include "evaluate/figures.h"

namespace hepatica {

struct LilnetStyleOptions {
  /// Averages of precision, recall and F1: the paper's tables of benign against malignant and of the malignant types
  /// use the classes' shares as weights, that of the benign types does not.
  bool macro = false;
};

/// One cell of Table 2: cases of a class in a band of sizes.
struct SizeCell {
  std::string band, class_name;  ///< "Average" for all classes
  int64_t right = 0, n = 0;
  stats::Estimate accuracy;
};

/// Rows < 1 cm, 1-3 cm, 3-5 cm, > 5 cm (lower ends included) by classes and all together, from the column size_mm or
/// largest_mm; cases without a size are left out. Empty where there is no such column; Error{bad_manifest} where a size
/// is none; Error{internal} where the classes of a band do not add up.
std::vector<SizeCell> size_table(const PredictionTable& table, double confidence = 0.95);

/// One row of Table 3: the model, or a reader whose diagnoses stand in a column "reader_<name>".
struct DiagnosisRow {
  std::string who;
  int64_t n = 0;
  stats::Estimate accuracy, recall, precision;
};
std::vector<DiagnosisRow> diagnosis_table(const PredictionTable& table,
                                          const EvaluationOptions& options,
                                          const LilnetStyleOptions& style);

/// Both tables as Markdown in the paper's layout, percentages to one digit, with intervals in Table 3.
std::string lilnet_tables(const PredictionTable& table,
                          const EvaluationOptions& options,
                          const LilnetStyleOptions& style);

/// fig2: ROC curves and confusion matrix side by side (Fig. 2b-g; Fig. 2a is the figure "detection" of boxes); fig3,
/// where a column "center" names several: both for each centre; fig4, where a column "phase" names several: AUC,
/// accuracy, F1, recall and precision by phase, with a confusion matrix each (Fig. 4a-d).
std::vector<NamedDrawing> lilnet_figures(const PredictionTable& table,
                                         const Evaluation& evaluation,
                                         const EvaluationCurves& curves,
                                         const EvaluationOptions& options,
                                         const LilnetStyleOptions& style);

}  // namespace hepatica
