#include "stages/ingest/ingest.h"

#include <fmt/format.h>

#include "base/error.h"
#include "cmd/command.h"

namespace hepatica::cmd {
namespace {

struct Arguments {
  std::string study;
  std::vector<std::string> phases;
  bool no_image_phase = false;
  PictureStackOptions pictures;
};

std::map<std::string, Phase> read_overrides(const std::vector<std::string>& texts) {
  std::map<std::string, Phase> overrides;
  for (const std::string& text : texts) {
    const size_t split = text.rfind('=');
    const auto phase = split == std::string::npos ? std::nullopt : phase_from_name(text.substr(split + 1));
    if (!phase)
      throw Error(ErrorCode::usage,
                  fmt::format("--phase '{}' is not SERIES=PHASE with a phase of noncontrast, arterial, portal_venous, "
                              "delayed or unknown",
                              text));
    overrides[text.substr(0, split)] = *phase;
  }
  return overrides;
}

nlohmann::json json_from_series(const Series& series) {
  return {{"uid", series.uid},
          {"description", series.description},
          {"phase", name_of(series.phase)},
          {"phase_confidence", series.phase_confidence},
          {"phase_source", series.phase_source},
          {"accepted", series.accepted},
          {"reason", series.reason},
          {"warnings", series.warnings},
          {"size", series.geometry.size},
          {"spacing", series.geometry.spacing},
          {"slices", series.geometry.size[2]}};
}

nlohmann::json json_from_study(const Study& study) {
  nlohmann::json series = nlohmann::json::array();
  for (const Series& one : study.series) series.push_back(json_from_series(one));
  return {{"study", {{"source", study.source}, {"uid", study.uid}, {"date", study.date}, {"is_dicom", study.is_dicom}}},
          {"series", series},
          {"warnings", study.warnings}};
}

void print_study(const Study& study) {
  std::vector<std::vector<std::string>> rows{{"#", "series", "phase", "confidence", "by", "size", "spacing mm", "use"}};
  std::vector<std::string> notes;
  for (size_t i = 0; i < study.series.size(); ++i) {
    const Series& s = study.series[i];
    const auto& g = s.geometry;
    rows.push_back(
        {std::to_string(i + 1),
         s.description.empty() ? s.uid : s.description,
         s.accepted ? std::string(name_of(s.phase)) : "-",
         s.accepted ? fmt::format("{:.2f}", s.phase_confidence) : "-",
         s.accepted ? s.phase_source : "-",
         fmt::format("{}x{}x{}", g.size[0], g.size[1], g.size[2]),
         s.accepted ? fmt::format("{:.3g} x {:.3g} x {:.3g}", g.spacing[0], g.spacing[1], g.spacing[2]) : "-",
         s.accepted ? "yes" : "no: " + s.reason});
    for (const std::string& warning : s.warnings) notes.push_back(fmt::format("series {}: {}", i + 1, warning));
  }
  print_table(rows);
  notes.insert(notes.end(), study.warnings.begin(), study.warnings.end());
  for (const std::string& note : notes) fmt::print("warning: {}\n", note);
}

int run(const Common& common, const Arguments& arguments) {
  IngestOptions options;
  options.phase_overrides = read_overrides(arguments.phases);
  options.phase_from_image = !arguments.no_image_phase;
  options.pictures = arguments.pictures;
  const Study study = ingest(arguments.study, options);
  common.json ? print_json(json_from_study(study)) : print_study(study);
  require_accepted_series(study);
  return 0;
}

std::function<int(const Common&)> declare(CLI::App& app) {
  auto arguments = std::make_shared<Arguments>();
  app.add_option("STUDY", arguments->study, "DICOM folder, ZIP, DICOMDIR, volumes, one volume, or picture stack")
      ->required();
  app.add_option(
      "--phase", arguments->phases, "SERIES=PHASE: state the phase of a series, by UID or place in the table");
  app.add_flag("--no-image-phase", arguments->no_image_phase, "find phases from tags and names alone; reads no voxels");
  app.add_option("--picture-spacing", arguments->pictures.spacing_mm, "mm between pixels of picture stacks")
      ->check(CLI::Range(0.1, 10.0));
  app.add_option("--picture-slice-spacing", arguments->pictures.slice_spacing_mm, "mm between slices of picture stacks")
      ->check(CLI::Range(0.1, 50.0));
  app.add_option("--picture-level", arguments->pictures.level, "window level of picture stacks, HU");
  app.add_option("--picture-width", arguments->pictures.width, "window width of picture stacks, HU")
      ->check(CLI::Range(1.0, 5000.0));
  return [arguments](const Common& common) { return run(common, *arguments); };
}

}  // namespace

Command declare_ingest() {
  return {"ingest",
          "List the series of a study: phase, geometry, and why a series is refused",
          "hepatica ingest /data/patient7 --phase 3=arterial",
          declare};
}

}  // namespace hepatica::cmd
