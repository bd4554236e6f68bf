// Arguments of commands that read a STUDY, and of those that run networks.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "engine/predictor.h"
#include "stages/ingest/ingest.h"

namespace hepatica::cmd {

struct StudyArguments {
  std::string study;
  std::vector<std::string> phases;  ///< SERIES=PHASE
  PictureStackOptions pictures;
};

/// Adds STUDY, --phase and the options of picture stacks.
void add_study_arguments(CLI::App& app, StudyArguments& arguments);

/// Error{usage} where a --phase is not SERIES=PHASE.
IngestOptions ingest_options(const StudyArguments& arguments);

struct ModelArguments {
  std::string recipe = "lilnet2024";
  std::vector<std::string> models;
  std::string precision = "auto", device = "cpu";
};

/// Adds --precision and --device.
void add_predictor_arguments(CLI::App& app, ModelArguments& arguments);

/// Adds --recipe and --models, too.
void add_model_arguments(CLI::App& app, ModelArguments& arguments);

PredictorOptions predictor_options(const ModelArguments& arguments);

/// The folders of --models, then those of this installation.
std::vector<fs::path> model_folders(const ModelArguments& arguments);

}  // namespace hepatica::cmd
