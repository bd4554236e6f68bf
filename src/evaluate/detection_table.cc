#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <set>

#include "base/error.h"
#include "evaluate/detection.h"

namespace hepatica {
namespace {

constexpr size_t kMostFaults = 10;

[[noreturn]] void refuse(const std::string& text) { throw Error(ErrorCode::bad_manifest, text); }

double number(const CsvTable& table, const CsvTable::Row& row, const std::string& column) {
  const std::string& text = row.cells[table.column(column)];
  double value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size() || !std::isfinite(value))
    refuse(fmt::format(
        "{}: {} is '{}', not a finite number; correct the cell or leave the row out", table.where(row), column, text));
  return value;
}

std::string optional_cell(const CsvTable& table, const CsvTable::Row& row, const std::string& column) {
  const auto index = table.find(column);
  return index ? row.cells[*index] : "";
}

/// What one row says; nothing where it only names an image.
std::optional<DetectionBox> box_of(const CsvTable& table, const CsvTable::Row& row, bool scored) {
  DetectionBox box;
  box.image = row.cells[table.column("image")];
  if (box.image.empty()) refuse(fmt::format("{}: image is empty; name the image", table.where(row)));
  box.class_name = optional_cell(table, row, "class");
  bool empty = true;
  for (const char* column : {"x0", "y0", "x1", "y1"}) empty = empty && row.cells[table.column(column)].empty();
  if (empty) return std::nullopt;
  box.x0 = number(table, row, "x0");
  box.y0 = number(table, row, "y0");
  box.x1 = number(table, row, "x1");
  box.y1 = number(table, row, "y1");
  if (box.x1 <= box.x0 || box.y1 <= box.y0)
    refuse(fmt::format("{}: the box ({:g}, {:g}) to ({:g}, {:g}) has no area; x1 must exceed x0 and y1 must exceed y0",
                       table.where(row),
                       box.x0,
                       box.y0,
                       box.x1,
                       box.y1));
  if (scored) box.score = number(table, row, "score");
  if (scored && (box.score < 0 || box.score > 1))
    refuse(fmt::format("{}: score is {:g}; it lies within 0 and 1", table.where(row), box.score));
  if (!optional_cell(table, row, "size_mm").empty()) box.size_mm = number(table, row, "size_mm");
  return box;
}

/// Fills the boxes of one table; notes each image with its patient.
void read_rows(const CsvTable& table,
               bool scored,
               std::map<std::string, std::string>& patients,
               std::vector<DetectionBox>& boxes,
               std::vector<std::string>& faults) {
  for (const char* column : {"image", "x0", "y0", "x1", "y1"}) (void)table.column(column);
  if (scored) (void)table.column("score");
  for (const auto& row : table.rows) try {
      const auto box = box_of(table, row, scored);
      const std::string &image = row.cells[table.column("image")], patient = optional_cell(table, row, "patient");
      std::string& known = patients[image];
      if (!known.empty() && !patient.empty() && known != patient)
        refuse(
            fmt::format("{}: image '{}' belongs to patient '{}' here and to '{}' elsewhere; an image has one patient",
                        table.where(row),
                        image,
                        patient,
                        known));
      if (known.empty()) known = patient;
      if (box) boxes.push_back(*box);
    } catch (const Error& fault) {
      faults.emplace_back(fault.what());
      if (faults.size() >= kMostFaults) return;
    }
}

}  // namespace

DetectionTables detections_from_tables(const CsvTable& detections, const CsvTable& references) {
  DetectionTables tables;
  std::map<std::string, std::string> patients;
  std::vector<std::string> faults;
  read_rows(references, false, patients, tables.references, faults);
  if (faults.size() < kMostFaults) read_rows(detections, true, patients, tables.detections, faults);
  if (!faults.empty()) refuse(fmt::format("{}", fmt::join(faults, "\n")));
  if (patients.empty())
    refuse(fmt::format("{} and {} name no image; there is nothing to evaluate", detections.file, references.file));
  if (tables.references.empty())
    refuse(fmt::format("{}: there is no reference box; without one there is nothing to find", references.file));
  std::set<std::string> classes;
  for (const auto* boxes : {&tables.references, &tables.detections})
    for (const DetectionBox& box : *boxes) classes.insert(box.class_name);
  tables.classes.assign(classes.begin(), classes.end());
  for (const auto& [image, patient] : patients) {
    tables.images.push_back(image);
    tables.patient_of_image.push_back(patient.empty() ? image : patient);
  }
  return tables;
}

DetectionTables read_detections(const fs::path& detections, const fs::path& references) {
  return detections_from_tables(read_csv(detections), read_csv(references));
}

}  // namespace hepatica
