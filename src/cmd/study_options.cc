#include "cmd/study_options.h"

#include <fmt/format.h>

#include "base/options.h"

namespace hepatica::cmd {

void add_study_arguments(CLI::App& app, StudyArguments& arguments) {
  app.add_option("STUDY", arguments.study, "DICOM folder, ZIP, DICOMDIR, volumes, one volume, or picture stack")
      ->required();
  app.add_option("--phase",
                 arguments.phases,
                 "SERIES=PHASE: state the phase of a series, by UID or place in the table of `hepatica ingest`");
  app.add_option("--picture-spacing", arguments.pictures.spacing_mm, "mm between pixels of picture stacks")
      ->check(CLI::Range(0.1, 10.0));
  app.add_option("--picture-slice-spacing", arguments.pictures.slice_spacing_mm, "mm between slices of picture stacks")
      ->check(CLI::Range(0.1, 50.0));
  app.add_option("--picture-level", arguments.pictures.level, "window level of picture stacks, HU");
  app.add_option("--picture-width", arguments.pictures.width, "window width of picture stacks, HU")
      ->check(CLI::Range(1.0, 5000.0));
}

IngestOptions ingest_options(const StudyArguments& arguments) {
  IngestOptions options;
  options.pictures = arguments.pictures;
  for (const std::string& text : arguments.phases) {
    const size_t split = text.rfind('=');
    const auto phase = split == std::string::npos ? std::nullopt : phase_from_name(text.substr(split + 1));
    if (!phase)
      throw Error(ErrorCode::usage,
                  fmt::format("--phase '{}' is not SERIES=PHASE with a phase of noncontrast, arterial, portal_venous, "
                              "delayed or unknown",
                              text));
    options.phase_overrides[text.substr(0, split)] = *phase;
  }
  return options;
}

void add_predictor_arguments(CLI::App& app, ModelArguments& arguments) {
  app.add_option("--precision", arguments.precision, "auto (bf16 where the processor has it), f32 or bf16")
      ->check(CLI::IsMember({"auto", "f32", "bf16"}));
  app.add_option("--device", arguments.device, "cpu or cuda")->check(CLI::IsMember({"cpu", "cuda"}));
}

void add_model_arguments(CLI::App& app, ModelArguments& arguments) {
  app.add_option("--recipe", arguments.recipe, "name or file of the recipe")->capture_default_str();
  app.add_option("--models", arguments.models, "folder of checkpoints, searched before the shipped ones");
  add_predictor_arguments(app, arguments);
}

PredictorOptions predictor_options(const ModelArguments& arguments) {
  PredictorOptions options;
  options.device = arguments.device;
  if (arguments.precision == "f32") options.precision = Precision::f32;
  if (arguments.precision == "bf16") options.precision = Precision::bf16;
  return options;
}

std::vector<fs::path> model_folders(const ModelArguments& arguments) {
  std::vector<fs::path> folders;
  for (const std::string& folder : arguments.models) {
    if (!fs::is_directory(folder))
      throw Error(ErrorCode::not_found, fmt::format("--models '{}' is not a folder", folder));
    folders.emplace_back(folder);
  }
  for (const fs::path& folder : installed_folders("models")) folders.push_back(folder);
  return folders;
}

}  // namespace hepatica::cmd
