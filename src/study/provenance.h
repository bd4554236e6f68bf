// What made a result: program, recipe, models, settings and time; kept in every report and DICOM object.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace hepatica {

struct Provenance {
  std::string program;        ///< "hepatica"
  std::string version;        ///< of the program
  std::string commit;         ///< of the source
  std::string libraries;      ///< name and version of each, comma separated
  std::string recipe;         ///< name of the recipe
  std::string recipe_sha256;  ///< of the effective recipe document
  std::string precision;      ///< "f32", "bf16", "int8"
  std::string device;         ///< "cpu", "cuda"
  int threads = 0;            ///< that parallel work used
  std::string created_utc;    ///< ISO 8601 with seconds, such as "2026-01-31T12:00:00Z"

  /// One checkpoint that took part.
  struct Model {
    std::string role;    ///< stage or task, such as "segment", "benign_malignant"
    std::string file;    ///< its name, without the folder
    std::string sha256;  ///< of the file
    std::string title;   ///< from its model card
  };
  std::vector<Model> models;
  std::vector<std::pair<std::string, double>> timings_s;  ///< wall time per stage, in the order they ran
};

}  // namespace hepatica
