// The figures of an evaluation.
#pragma once

#include <string>
#include <vector>

#include "draw/drawing.h"
#include "evaluate/evaluation.h"
#include "stats/curves.h"

namespace hepatica {

struct NamedDrawing {
  std::string name;  ///< of its files
  draw::Drawing drawing;
};

/// The curves behind the figures; empty without scores. `decision` holds the positive class with two classes, else each
/// class against the rest.
struct EvaluationCurves {
  stats::RankingCurves ranking;
  std::vector<std::pair<std::string, std::vector<stats::DecisionPoint>>> decision;
};
EvaluationCurves curves_of(const PredictionTable& table, const EvaluationOptions& options);

/// roc, precision_recall, calibration and decision_curve where there are scores; confusion; strata_accuracy and
/// strata_auc where there are strata.
std::vector<NamedDrawing> evaluation_figures(const PredictionTable& table,
                                             const Evaluation& evaluation,
                                             const EvaluationCurves& curves);

/// The ROC and the confusion matrix alone, for sheets of several tasks.
draw::Drawing roc_figure(const PredictionTable& table,
                         const Evaluation& evaluation,
                         const EvaluationCurves& curves,
                         const std::string& title = "ROC");
draw::Drawing confusion_figure(const PredictionTable& table,
                               const Evaluation& evaluation,
                               const std::string& title = "Confusion matrix");

/// An estimate among named ones; undefined where there is none of that name.
stats::Estimate find_estimate(const std::vector<stats::NamedEstimate>& estimates, const std::string& name);

/// "0.93 (0.90 to 0.96)"; the value alone where there is no interval, "not estimable" where there is no value.
std::string figure_text(const stats::Estimate& estimate, int digits = 2);

/// A column's or level's name as text: "portal venous", "size (mm)", "\u2265 50".
std::string readable(const std::string& name);

/// Writes each as SVG, PDF, PNG and CSV.
void write_drawings(const std::vector<NamedDrawing>& drawings, const fs::path& folder);

}  // namespace hepatica
