#include "stages/report/content.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <set>

#include "stages/report/words.h"
#include "study/phase_abbreviation.h"

namespace hepatica::report {
namespace {

using Rows = std::vector<std::vector<Cell>>;

bool is_malignant(const ReportInput& input, const std::string& name) {
  return std::any_of(
      input.classes.begin(), input.classes.end(), [&](const ReportClass& c) { return c.name == name && c.malignant; });
}

double value_or_nan(const std::map<std::string, double>& values, const std::string& key) {
  const auto found = values.find(key);
  return found == values.end() ? std::nan("") : found->second;
}

std::string verdict(const ReportInput& input, const HierarchyPrediction& prediction) {
  const bool malignant = is_malignant(input, prediction.prediction);
  return fmt::format("{} {}",
                     malignant ? "Malignant" : "Benign",
                     percent(value_or_nan(prediction.benign_malignant, malignant ? "malignant" : "benign")));
}

std::string plural(size_t count, const std::string& noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string findings_line(const std::vector<Lesion>& lesions) {
  const Lesion& largest = lesions.front();
  return fmt::format("{}; the largest (no. {}) measures {} mm, {} ml.",
                     plural(lesions.size(), "focal lesion"),
                     largest.id,
                     axes_mm(largest),
                     number(largest.volume_ml, 1));
}

Headline lesions_headline(const ReportInput& input) {
  const Diagnosis& diagnosis = input.diagnosis;
  Headline headline;
  if (!diagnosis.patient) {
    headline.title = plural(diagnosis.lesions.size(), "focal lesion") + " found, not classified";
  } else {
    const std::string& type = diagnosis.patient->prediction;
    headline.tone = is_malignant(input, type) ? Tone::malignant : Tone::benign;
    headline.title =
        fmt::format("{} \u2013 most likely {}", verdict(input, *diagnosis.patient), short_class_name(type));
    headline.details.push_back(fmt::format("{}, probability {} among all types.",
                                           long_class_name(type),
                                           percent(value_or_nan(diagnosis.patient->probabilities, type))));
  }
  if (!diagnosis.lesions.empty()) headline.details.push_back(findings_line(diagnosis.lesions));
  return headline;
}

Headline headline_of(const ReportInput& input) {
  const Diagnosis& diagnosis = input.diagnosis;
  switch (diagnosis.status) {
    case Diagnosis::Status::lesions:
      return lesions_headline(input);
    case Diagnosis::Status::no_lesion:
      return {Tone::neutral,
              "No focal lesion found",
              {"No lesion was detected in the liver. This does not exclude one: see the warnings and the images."}};
    case Diagnosis::Status::abstain: {
      Headline headline{Tone::caution, "No conclusion", {diagnosis.abstain_reason.value_or("No reason was given.")}};
      if (!diagnosis.lesions.empty()) headline.details.push_back(findings_line(diagnosis.lesions));
      return headline;
    }
    case Diagnosis::Status::refused:
      break;
  }
  return {Tone::caution, "Study refused", {diagnosis.refused_reason.value_or("No reason was given.")}};
}

std::string series_name(const Study& study, size_t index) {
  const Series& series = study.series[index];
  if (!series.description.empty()) return series.description;
  return series.uid.empty() ? fmt::format("series {}", index + 1) : series.uid;
}

std::string grid_text(const Geometry& geometry) {
  return fmt::format("{} \u00d7 {} \u00d7 {}, {} \u00d7 {} \u00d7 {} mm",
                     geometry.size[0],
                     geometry.size[1],
                     geometry.size[2],
                     number(geometry.spacing[0], 2),
                     number(geometry.spacing[1], 2),
                     number(geometry.spacing[2], 2));
}

Facts patient_facts(const ReportInput& input) {
  const Patient& patient = input.study.patient;
  Facts facts{"Patient and study", {}};
  facts.rows = {{"Patient ID", stated(patient.id)},
                {"Name", stated(patient.name)},
                {"Age", age_text(input.study)},
                {"Sex", sex_text(patient.sex)},
                {"Study date", date_text(input.study.date)}};
  const double volume = stated_liver_volume_ml(input.images);
  facts.rows.emplace_back("Liver volume", volume > 0 ? number(volume, 0) + " ml" : "not measured");
  return facts;
}

Table used_series_table(const ReportInput& input) {
  Table table{"Series used",
              {{"Phase", 1.5}, {"Confidence", 1.1, true}, {"Decided by", 2.2}, {"Series", 2.6}, {"Voxels", 3}},
              {}};
  for (const PhaseImage& image : input.images.images) {
    if (image.series >= input.study.series.size()) continue;
    const Series& series = input.study.series[image.series];
    table.rows.push_back({{phase_text(image.phase), true},
                          {percent(series.phase_confidence)},
                          {stated(series.phase_source)},
                          {series_name(input.study, image.series)},
                          {grid_text(series.geometry)}});
  }
  return table;
}

Bars probability_bars(const ReportInput& input, const HierarchyPrediction& patient) {
  BarGroup first{"Benign or malignant", {}}, types{"Type", {}};
  for (const char* name : {"malignant", "benign"}) {
    const double p = value_or_nan(patient.benign_malignant, name);
    const bool malignant = std::string(name) == "malignant";
    first.bars.push_back({malignant ? "Malignant" : "Benign",
                          p,
                          malignant ? Tone::malignant : Tone::benign,
                          malignant == is_malignant(input, patient.prediction)});
  }
  for (const ReportClass& type : input.classes)
    types.bars.push_back({short_class_name(type.name),
                          value_or_nan(patient.probabilities, type.name),
                          type.malignant ? Tone::malignant : Tone::benign,
                          type.name == patient.prediction});
  return {{first, types}};
}

std::string phases_of(const ReportInput& input, const Lesion& lesion) {
  std::string text;
  for (const Detection& seen : lesion.best_slices)
    if (seen.image < input.images.images.size())
      text += fmt::format("{}{}", text.empty() ? "" : ", ", phase_abbreviation(input.images.images[seen.image].phase));
  return text.empty() ? "-" : text;
}

Table lesion_table(const ReportInput& input) {
  Table table{"All lesions found",
              {{"No.", 0.6, true},
               {"Centre x, y, z (mm)", 2.3, true},
               {"Axes (mm)", 1.2, true},
               {"Volume (ml)", 1.15, true},
               {"Score", 0.95, true},
               {"Seen in", 1.9}},
              {}};
  const bool classified = input.diagnosis.lesion_predictions.size() == input.diagnosis.lesions.size();
  if (classified) {
    table.columns.push_back({"Malignant", 1.45, true});
    for (const ReportClass& type : input.classes) table.columns.push_back({column_class_name(type.name), 1.2, true});
  }
  for (size_t n = 0; n < input.diagnosis.lesions.size(); ++n) {
    const Lesion& lesion = input.diagnosis.lesions[n];
    const Vec3 center = lesion.box.center();
    std::vector<Cell> row{{std::to_string(lesion.id), true},
                          {number(center[0], 0) + ", " + number(center[1], 0) + ", " + number(center[2], 0)},
                          {axes_mm(lesion)},
                          {number(lesion.volume_ml, 1)},
                          {number(lesion.score, 2)},
                          {phases_of(input, lesion)}};
    if (classified) {
      const HierarchyPrediction& prediction = input.diagnosis.lesion_predictions[n];
      row.push_back({percent(value_or_nan(prediction.benign_malignant, "malignant"))});
      for (const ReportClass& type : input.classes)
        row.push_back({percent(value_or_nan(prediction.probabilities, type.name)), type.name == prediction.prediction});
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

std::string lower_first(std::string text) {
  if (!text.empty()) text[0] = char(std::tolower(static_cast<unsigned char>(text[0])));
  return text;
}

/// "; Met. metastasis, HB hepatoblastoma": what the columns' short names stand for, where that is not plain.
std::string abbreviations(const std::vector<ReportClass>& classes) {
  std::string text;
  for (const ReportClass& type : classes) {
    const std::string column = column_class_name(type.name), name = short_class_name(type.name);
    if (column == name) continue;
    text += (text.empty() ? "; " : ", ") + column + " " + lower_first(name);
  }
  return text;
}

std::string series_outcome(const ReportInput& input, size_t index) {
  const Series& series = input.study.series[index];
  if (!series.accepted) return "refused";
  const auto& images = input.images.images;
  const bool used = std::any_of(images.begin(), images.end(), [&](const PhaseImage& i) { return i.series == index; });
  return used ? "used" : "not used";
}

Table series_table(const ReportInput& input) {
  Table table{"All series of the input",
              {{"No.", 0.6, true},
               {"Series", 2.4},
               {"Phase", 1.4},
               {"Voxels", 2.6},
               {"Outcome", 1.2},
               {"Reason and remarks", 4}},
              {}};
  for (size_t n = 0; n < input.study.series.size(); ++n) {
    const Series& series = input.study.series[n];
    std::string remarks = series.reason;
    for (const std::string& warning : series.warnings) remarks += (remarks.empty() ? "" : "; ") + warning;
    const std::string outcome = series_outcome(input, n);
    const bool has_grid = series.geometry.voxel_count() > 0;
    table.rows.push_back({{std::to_string(n + 1)},
                          {series_name(input.study, n)},
                          {series.accepted ? phase_text(series.phase) : "-"},
                          {has_grid ? grid_text(series.geometry) : "-"},
                          {outcome, outcome == "used"},
                          {remarks.empty() ? "-" : remarks}});
  }
  return table;
}

Facts program_facts(const ReportInput& input) {
  const Provenance& p = input.provenance;
  return {
      "Program and settings",
      {{"Program", fmt::format("{} {}, commit {}", p.program, p.version, stated(p.commit))},
       {"Libraries", stated(p.libraries)},
       {"Recipe", fmt::format("{} (SHA-256 {})", stated(p.recipe), stated(p.recipe_sha256))},
       {"Computed with",
        fmt::format(
            "{} on {}, {}", stated(p.precision), stated(p.device), plural(size_t(std::max(0, p.threads)), "thread"))},
       {"Created", stated(p.created_utc)},
       {"Input", stated(input.study.source)},
       {"Study UID", stated(input.study.uid)}}};
}

Table model_table(const Provenance& provenance) {
  Table table{"Models", {{"Used for", 1.5}, {"Title", 2.5}, {"File", 2.2}, {"SHA-256", 4}}, {}};
  for (const auto& model : provenance.models)
    table.rows.push_back({{readable(model.role), true}, {stated(model.title)}, {model.file}, {model.sha256}});
  return table;
}

Table timing_table(const Provenance& provenance) {
  Table table{"Time per stage", {{"Stage", 3}, {"Seconds", 1, true}}, {}};
  double total = 0;
  for (const auto& [stage, seconds] : provenance.timings_s) {
    table.rows.push_back({{stage}, {number(seconds, 2)}});
    total += seconds;
  }
  table.rows.push_back({{"total", true}, {number(total, 2), true}});
  return table;
}

void append_results(const ReportInput& input, std::vector<ReportBlock>& blocks) {
  const Diagnosis& diagnosis = input.diagnosis;
  if (diagnosis.patient) {
    blocks.emplace_back(Heading{diagnosis.status == Diagnosis::Status::abstain ? "Probabilities (not concluded from)"
                                                                               : "Probabilities"});
    blocks.emplace_back(probability_bars(input, *diagnosis.patient));
    append_phase_shares(input, blocks);
  }
  const auto warnings = all_warnings(input);
  if (!warnings.empty()) blocks.emplace_back(Note{Tone::caution, plural(warnings.size(), "warning"), warnings});
  if (diagnosis.lesions.empty()) return;
  blocks.emplace_back(Heading{"Lesions"});
  blocks.emplace_back(lesion_table(input));
  blocks.emplace_back(Paragraph{
      std::string(
          "Centre: mm of the patient, x to the left, y to the back, z to the head. Axes: longest diameter on an "
          "axial slice \u00d7 longest perpendicular to it. Score: how sure the networks are, over slices and "
          "phases. Seen in: NC "
          "non-contrast, AP arterial, PVP portal venous, DP delayed phase. Types: probability of each from all "
          "images of the lesion, the chosen one in bold") +
      abbreviations(input.classes) + "."});
}

void append_provenance(const ReportInput& input, std::vector<ReportBlock>& blocks) {
  if (!input.study.series.empty()) {
    blocks.emplace_back(Heading{"Series"});
    blocks.emplace_back(series_table(input));
  }
  blocks.emplace_back(Heading{"Provenance"});
  blocks.emplace_back(program_facts(input));
  if (!input.provenance.models.empty()) blocks.emplace_back(model_table(input.provenance));
  if (!input.provenance.timings_s.empty()) blocks.emplace_back(timing_table(input.provenance));
}

}  // namespace

std::vector<std::string> all_warnings(const ReportInput& input) {
  std::vector<std::string> warnings;
  std::set<std::string> known;
  for (const auto* source : {&input.study.warnings, &input.images.warnings, &input.diagnosis.warnings})
    for (const std::string& warning : *source)
      if (known.insert(warning).second) warnings.push_back(warning);
  return warnings;
}

double stated_liver_volume_ml(const PreprocessedStudy& images) {
  double volume = 0;
  for (const PhaseImage& image : images.images) {
    if (image.phase == Phase::portal_venous && image.liver_volume_ml > 0) return image.liver_volume_ml;
    if (volume == 0) volume = image.liver_volume_ml;
  }
  return volume;
}

ReportDocument report_document(const ReportInput& input) {
  ReportDocument document;
  document.title = "Liver lesion report";
  document.subject =
      fmt::format("Patient ID {} \u00b7 study of {}", stated(input.study.patient.id), date_text(input.study.date));
  document.created_utc = input.provenance.created_utc;
  document.program = input.provenance.program + " " + input.provenance.version;
  auto& blocks = document.blocks;
  blocks.emplace_back(headline_of(input));
  blocks.emplace_back(patient_facts(input));
  if (!input.images.images.empty()) blocks.emplace_back(used_series_table(input));
  append_results(input, blocks);
  append_pictures(input, blocks);
  append_provenance(input, blocks);
  return document;
}

}  // namespace hepatica::report
