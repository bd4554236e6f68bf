#include "evaluate/reference_manifest.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/error.h"

namespace hepatica {
namespace {

const std::set<std::string> kOwnColumns{
    "patient", "phase", "path", "liver", "lesions", "diagnosis", "benign_malignant"};

std::string cell(const CsvTable& table, const CsvTable::Row& row, const std::string& column) {
  const auto index = table.find(column);
  return index ? row.cells[*index] : "";
}

ReferenceImage image_of(const CsvTable& table, const CsvTable::Row& row, const fs::path& folder) {
  ReferenceImage image;
  image.line = row.line;
  const std::string path = cell(table, row, "path"), phase = cell(table, row, "phase");
  if (path.empty())
    throw Error(ErrorCode::bad_manifest,
                fmt::format("{}: path is empty; name the image's file or folder", table.where(row)));
  image.path = folder / path;  // an absolute path stays as it is
  if (!phase.empty()) {
    const auto known = phase_from_name(phase);
    if (!known)
      throw Error(ErrorCode::bad_manifest,
                  fmt::format("{}: '{}' is no phase; use noncontrast, arterial, portal_venous, delayed or unknown",
                              table.where(row),
                              phase));
    image.phase = *known;
  }
  image.liver = cell(table, row, "liver");
  image.lesions = cell(table, row, "lesions");
  return image;
}

void check_same(const CsvTable& table, const CsvTable::Row& row, const std::string& column, const std::string& first) {
  const std::string here = cell(table, row, column);
  if (here != first)
    throw Error(ErrorCode::bad_manifest,
                fmt::format("{}: {} is '{}' here and '{}' in an earlier row of the same patient; make them equal",
                            table.where(row),
                            column,
                            here,
                            first));
}

}  // namespace

ReferenceManifest read_reference_manifest(const fs::path& file, const std::string& split) {
  const CsvTable table = read_csv(file);
  const size_t patient_column = table.column("patient");
  table.column("path");
  if (!split.empty()) table.column("split");
  ReferenceManifest manifest{table.file, fs::absolute(file).parent_path(), {}};
  std::map<std::string, size_t> index;
  for (const auto& row : table.rows) {
    if (!split.empty() && cell(table, row, "split") != split) continue;
    const std::string& id = row.cells[patient_column];
    if (id.empty() || id.find('/') != std::string::npos || id.starts_with("."))
      throw Error(
          ErrorCode::bad_manifest,
          fmt::format(
              "{}: '{}' cannot be a patient's name; give one without '/' and '.' at its start", table.where(row), id));
    const auto [at, added] = index.emplace(id, manifest.patients.size());
    if (added) {
      ReferencePatient patient{id, {}, cell(table, row, "diagnosis"), cell(table, row, "benign_malignant"), {}};
      for (size_t c = 0; c < table.header.size(); ++c)
        if (!kOwnColumns.count(table.header[c])) patient.columns[table.header[c]] = row.cells[c];
      manifest.patients.push_back(std::move(patient));
    }
    ReferencePatient& patient = manifest.patients[at->second];
    check_same(table, row, "diagnosis", patient.diagnosis);
    check_same(table, row, "benign_malignant", patient.benign_malignant);
    patient.images.push_back(image_of(table, row, manifest.folder));
  }
  if (manifest.patients.empty())
    throw Error(ErrorCode::bad_manifest,
                split.empty() ? fmt::format("{}: the manifest has no rows", table.file)
                              : fmt::format("{}: no row has the split '{}'", table.file, split));
  return manifest;
}

}  // namespace hepatica
