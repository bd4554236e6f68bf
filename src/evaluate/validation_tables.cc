#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "base/csv.h"
#include "evaluate/validation.h"

namespace hepatica {
namespace {

std::string list_of(const CaseResult& one, const std::function<std::string(const ImageResult&)>& text) {
  std::vector<std::string> parts;
  for (const ImageResult& image : one.images) parts.push_back(text(image));
  return fmt::format("{}", fmt::join(parts, "; "));
}

std::string dice_text(const ImageResult& image) {
  return image.liver_dice ? fmt::format("{:.4f}", *image.liver_dice) : "-";
}

std::string lesions_text(const CaseResult& one) {
  std::vector<std::string> parts;
  for (const LesionResult& lesion : one.lesions)
    parts.push_back(
        fmt::format("{}: {:.0f} mm {}", lesion.label, lesion.long_axis_mm, lesion.found ? "found" : "missed"));
  return fmt::format("{}", fmt::join(parts, "; "));
}

double probability(const std::map<std::string, double>& of, const std::string& name) {
  const auto found = of.find(name);
  return found == of.end() ? 0 : found->second;
}

}  // namespace

std::string cases_csv(const std::vector<CaseResult>& cases) {
  std::string csv = csv_line({"patient",
                              "status",
                              "diagnosis",
                              "prediction",
                              "benign_malignant",
                              "p_malignant",
                              "phases",
                              "phases_found",
                              "liver_dice",
                              "liver_found_ml",
                              "lesions_10_mm",
                              "lesions_10_mm_found",
                              "lesions",
                              "predicted_lesions",
                              "false_positives",
                              "seconds",
                              "reason"});
  for (const CaseResult& one : cases) {
    int64_t large = 0, found = 0;
    for (const LesionResult& lesion : one.lesions) {
      large += lesion.long_axis_mm >= 10;
      found += lesion.long_axis_mm >= 10 && lesion.found;
    }
    const std::string malignant = one.benign_malignant_found.empty()
                                      ? ""
                                      : fmt::format("{:.4f}", probability(one.benign_malignant_found, "malignant"));
    csv += csv_line({one.patient,
                     one.status,
                     one.diagnosis,
                     one.prediction,
                     one.benign_malignant,
                     malignant,
                     list_of(one, [](const ImageResult& image) { return std::string(name_of(image.phase_reference)); }),
                     list_of(one, [](const ImageResult& image) { return std::string(name_of(image.phase_found)); }),
                     list_of(one, dice_text),
                     list_of(one, [](const ImageResult& image) { return fmt::format("{:.0f}", image.liver_found_ml); }),
                     fmt::format("{}", large),
                     fmt::format("{}", found),
                     lesions_text(one),
                     fmt::format("{}", one.predicted.size()),
                     one.lesions_known ? fmt::format("{}", one.false_positives()) : "",
                     fmt::format("{:.1f}", one.seconds),
                     one.reason});
  }
  return csv;
}

std::string predictions_csv(const std::vector<CaseResult>& cases, const std::string& task) {
  const bool types = task == "types";
  std::set<std::string> classes, columns;
  std::vector<const CaseResult*> chosen;
  for (const CaseResult& one : cases) {
    const std::string& truth = types ? one.diagnosis : one.benign_malignant;
    const auto& found = types ? one.probabilities : one.benign_malignant_found;
    if (!found.count(truth)) continue;
    chosen.push_back(&one);
    for (const auto& [name, p] : found) classes.insert(name);
    for (const auto& [name, value] : one.columns)
      if (name != "seed") columns.insert(name);  // a phantom's seed is a number, but no property to split by
  }
  if (chosen.empty()) return "";
  std::vector<std::string> cells{"case_id", "truth"};
  for (const std::string& name : classes) cells.push_back("prob_" + name);
  if (types) cells.push_back("prediction");
  cells.insert(cells.end(), columns.begin(), columns.end());
  std::string csv = csv_line(cells);
  for (const CaseResult* one : chosen) {
    cells = {one->patient, types ? one->diagnosis : one->benign_malignant};
    for (const std::string& name : classes)
      cells.push_back(
          fmt::format("{:.9g}", probability(types ? one->probabilities : one->benign_malignant_found, name)));
    if (types) cells.push_back(one->prediction);
    for (const std::string& name : columns) cells.push_back(one->columns.count(name) ? one->columns.at(name) : "");
    csv += csv_line(cells);
  }
  return csv;
}

std::string image_predictions_csv(const std::vector<CaseResult>& cases, const std::string& task) {
  std::string csv;
  for (const CaseResult& one : cases)
    for (const StageScores& stage : one.scores) {
      if (stage.task != task) continue;
      const std::string& truth = task == "benign_malignant" ? one.benign_malignant : one.diagnosis;
      if (std::find(stage.classes.begin(), stage.classes.end(), truth) == stage.classes.end()) continue;
      if (csv.empty()) {
        std::vector<std::string> header{"case_id", "truth", "phase"};
        for (const std::string& name : stage.classes) header.push_back("logit_" + name);
        csv = csv_line(header);
      }
      for (const auto& [phase, logits] : stage.images) {
        std::vector<std::string> cells{one.patient, truth, std::string(name_of(phase))};
        for (double logit : logits) cells.push_back(fmt::format("{:.9g}", logit));
        csv += csv_line(cells);
      }
    }
  return csv;
}

std::string features_csv(const std::vector<CaseResult>& cases) {
  std::string csv;
  for (const CaseResult& one : cases) {
    if (one.features.empty() || one.diagnosis.empty()) continue;
    if (csv.empty()) {
      std::vector<std::string> header{"case_id", "truth"};
      for (size_t f = 0; f < one.features.size(); ++f) header.push_back(fmt::format("f{}", f));
      csv = csv_line(header);
    }
    std::vector<std::string> cells{one.patient, one.diagnosis};
    for (double value : one.features) cells.push_back(fmt::format("{:.7g}", value));
    csv += csv_line(cells);
  }
  return csv;
}

std::vector<std::string> scored_tasks(const std::vector<CaseResult>& cases) {
  std::vector<std::string> tasks;
  for (const CaseResult& one : cases)
    for (const StageScores& stage : one.scores)
      if (std::find(tasks.begin(), tasks.end(), stage.task) == tasks.end()) tasks.push_back(stage.task);
  return tasks;
}

}  // namespace hepatica
