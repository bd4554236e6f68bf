#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <ctime>

#include "cmd/build_info.h"
#include "cmd/command.h"
#include "cmd/study_options.h"
#include "image/orient.h"
#include "io/dicom_seg.h"
#include "io/dicom_sr.h"
#include "io/volume_file.h"
#include "pipeline/pipeline.h"
#include "stages/explain/voxel_map.h"
#include "stages/report/report.h"

namespace hepatica::cmd {
namespace {

struct Arguments {
  StudyArguments study;
  ModelArguments models;
  std::string out;
  bool any_age = false;
};

void complete_provenance(Provenance& provenance, double ingest_s) {
  provenance.program = "hepatica";
  provenance.version = kVersion;
  provenance.commit = kCommit;
  provenance.libraries = kLibraries;
  provenance.created_utc = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
  provenance.timings_s.insert(provenance.timings_s.begin(), {"ingest", ingest_s});
}

/// Masks on the reference series' own grid, and the DICOM objects that point to it.
void write_masks(const fs::path& folder, const Study& study, const Outcome& outcome) {
  const PhaseImage& image = outcome.images.images[outcome.reference];
  const Series& series = study.series[image.series];
  const Mask liver = restore_orientation(image.liver, series.geometry);
  const Mask lesions = restore_orientation(outcome.lesions, series.geometry);
  write_mask(folder / "liver.nii.gz", liver);
  write_mask(folder / "lesions.nii.gz", lesions);
  if (!study.is_dicom) return;
  std::vector<SegmentSource> segments{{liver_segment({1}), &liver}};
  for (const Lesion& lesion : outcome.diagnosis.lesions)
    if (lesion.id <= 255) segments.push_back({lesion_segment(lesion.id, {uint8_t(lesion.id)}), &lesions});
  const SegReference seg = write_dicom_seg(folder / "seg.dcm", study, series, segments, outcome.provenance);
  write_dicom_sr(folder / "sr.dcm", study, series, outcome.diagnosis, outcome.provenance, seg);
}

/// maps_<phase>.nii.gz: stage one's evidence on each series' own grid.
void write_maps(const fs::path& folder, const Study& study, const Outcome& outcome) {
  if (outcome.diagnosis.stages.empty()) return;
  for (size_t i = 0; i < outcome.images.images.size(); ++i) {
    const PhaseImage& image = outcome.images.images[i];
    write_volume(folder / fmt::format("maps_{}.nii.gz", name_of(image.phase)),
                 restore_orientation(voxel_map(outcome.diagnosis.stages.front(), outcome.images, i),
                                     study.series[image.series].geometry));
  }
}

void write_reports(const fs::path& folder, const ReportInput& input, const nlohmann::json& document) {
  write_file(folder / "report.json", document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
  write_file(folder / "report.html", report_html(input));
  write_report_pdf(input, folder / "report.pdf");
}

void print_lesions(const Outcome& outcome, const std::vector<ReportClass>& classes) {
  std::vector<std::vector<std::string>> rows{{"lesion", "axes mm", "volume ml", "score"}};
  for (const ReportClass& type : classes) rows[0].push_back(type.name);
  const auto add_probabilities = [&](const HierarchyPrediction& prediction) {
    for (const ReportClass& type : classes) {
      const auto found = prediction.probabilities.find(type.name);
      rows.back().push_back(found == prediction.probabilities.end() ? "-" : fmt::format("{:.2f}", found->second));
    }
  };
  const Diagnosis& diagnosis = outcome.diagnosis;
  for (size_t l = 0; l < diagnosis.lesions.size(); ++l) {
    const Lesion& lesion = diagnosis.lesions[l];
    rows.push_back({std::to_string(lesion.id),
                    fmt::format("{:.0f} x {:.0f}", lesion.long_axis_mm, lesion.short_axis_mm),
                    fmt::format("{:.1f}", lesion.volume_ml),
                    fmt::format("{:.2f}", lesion.score)});
    if (l < diagnosis.lesion_predictions.size()) add_probabilities(diagnosis.lesion_predictions[l]);
  }
  if (diagnosis.patient) {
    rows.push_back({"patient", "", "", ""});
    add_probabilities(*diagnosis.patient);
  }
  print_table(rows);
}

void print_outcome(const Outcome& outcome, const std::vector<ReportClass>& classes, const fs::path& out) {
  const Diagnosis& diagnosis = outcome.diagnosis;
  switch (diagnosis.status) {
    case Diagnosis::Status::refused:
      fmt::print("refused: {}\n", diagnosis.refused_reason.value_or(""));
      break;
    case Diagnosis::Status::no_lesion:
      fmt::print("no focal lesion found\n");
      break;
    case Diagnosis::Status::abstain:
      print_lesions(outcome, classes);
      fmt::print("no type named: {}\n", diagnosis.abstain_reason.value_or(""));
      break;
    case Diagnosis::Status::lesions:
      print_lesions(outcome, classes);
      if (diagnosis.patient) fmt::print("prediction: {}\n", diagnosis.patient->prediction);
  }
  for (const PhaseImage& image : outcome.images.images)
    fmt::print("liver, {}: {:.0f} ml\n", name_of(image.phase), image.liver_volume_ml);
  for (const std::string& warning : outcome.images.warnings) fmt::print("warning: {}\n", warning);
  std::string times;
  for (const auto& [stage, seconds] : outcome.provenance.timings_s)
    times += fmt::format("  {} {:.1f} s", stage, seconds);
  fmt::print("time:{}\nreport: {}\nResearch use only. Not a medical device.\n", times, (out / "report.html").string());
}

int run(const Common& common, const Arguments& arguments) {
  const Block document = load_recipe(arguments.models.recipe, installed_folders("recipes"));
  const auto start = std::chrono::steady_clock::now();
  const Study study = ingest(arguments.study.study, ingest_options(arguments.study));
  require_accepted_series(study);
  OutputFolder out(arguments.out);  // before the work: a folder that cannot be written is told at once
  const double ingest_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const Pipeline pipeline(document,
                          {model_folders(arguments.models), predictor_options(arguments.models), arguments.any_age});
  Outcome outcome = pipeline.diagnose(study);
  complete_provenance(outcome.provenance, ingest_s);
  const std::vector<ReportClass> classes = report_classes(pipeline.recipe());
  const ReportInput input{
      study, outcome.images, outcome.diagnosis, outcome.provenance, classes, pipeline.recipe().report};
  const nlohmann::json report = report_json(input);
  if (!outcome.images.images.empty()) write_masks(out.staging(), study, outcome);
  if (pipeline.recipe().explain.voxels) write_maps(out.staging(), study, outcome);
  write_reports(out.staging(), input, report);
  out.commit();
  common.json ? print_json(report) : print_outcome(outcome, classes, arguments.out);
  return 0;
}

std::function<int(const Common&)> declare(CLI::App& app) {
  auto arguments = std::make_shared<Arguments>();
  add_study_arguments(app, arguments->study);
  app.add_option("--out", arguments->out, "folder for the report, masks and DICOM objects")->required();
  add_model_arguments(app, arguments->models);
  app.add_flag("--any-age", arguments->any_age, "diagnose patients outside the age that the recipe is for, too");
  return [arguments](const Common& common) { return run(common, *arguments); };
}

}  // namespace

Command declare_diagnose() {
  return {"diagnose",
          "Find, measure and classify the focal liver lesions of a study, and write the report",
          "hepatica diagnose /data/patient7 --out result",
          declare};
}

}  // namespace hepatica::cmd
