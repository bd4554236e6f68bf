// The report of one diagnosis in three forms with the same content: JSON for programs, one self-contained HTML file
// and an A4 PDF for people. Nothing is decided here: what the stages found is shown, with its evidence.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/options.h"
#include "study/findings.h"
#include "study/provenance.h"
#include "study/study.h"

namespace hepatica {

/// Block `stages.report.options` of a recipe.
struct ReportOptions {
  double level = 40;             ///< HU at mid-grey of the pictures
  double width = 350;            ///< HU from black to white
  int64_t pictured_lesions = 5;  ///< the largest that get pictures; the others stand in the table only
};

ReportOptions read_report_options(const Block& block);

/// One type of lesion that the classifiers can name.
struct ReportClass {
  std::string name;  ///< as in the probabilities, such as "hcc"
  bool malignant = false;
};

/// What a report is made of; all of it is only referred to.
struct ReportInput {
  const Study& study;
  const PreprocessedStudy& images;  ///< may be empty (a refused study); images without voxels get no pictures
  const Diagnosis& diagnosis;
  const Provenance& provenance;
  const std::vector<ReportClass>& classes;  ///< in the order of the recipe
  ReportOptions options{};
};

/// The document of `hepatica diagnose --json` and report.json (mm in LPS).
nlohmann::json report_json(const ReportInput& input);

/// One HTML page: no script, no request to anywhere, pictures within it, all text from the input escaped.
std::string report_html(const ReportInput& input);

/// A4 pages. The same input gives the same bytes on the same machine. Error{write_failed} where it cannot be written.
void write_report_pdf(const ReportInput& input, const fs::path& path);

}  // namespace hepatica
