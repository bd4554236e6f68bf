#include "dataset/manifest.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <regex>
#include <set>
#include <sstream>
#include <tuple>

#include "base/csv.h"
#include "base/error.h"
#include "io/mask_cell.h"
#include "io/picture.h"
#include "io/volume_file.h"

namespace hepatica {
namespace {

std::optional<Box2> box_from(const std::string& text) {
  std::istringstream in(text);
  Box2 box;
  std::string rest;
  if (!(in >> box.x0 >> box.y0 >> box.x1 >> box.y1) || in >> rest || box.x1 <= box.x0 || box.y1 <= box.y0)
    return std::nullopt;
  return box;
}

class RowReader {
 public:
  RowReader(const CsvTable& table, const fs::path& folder, DataFaults& faults)
      : table_(table), folder_(folder), faults_(faults) {}

  DataRow read(const CsvTable::Row& row) {
    row_ = &row;
    place_ = fmt::format("line {}", row.line);
    DataRow made;
    made.place = place_;
    made.patient = cell("patient");
    if (made.patient.empty()) fault("the patient is empty");
    for (const char* column : {"label", "diagnosis", "benign_malignant"})
      if (made.label.empty()) made.label = cell(column);
    if (!cell("split").empty()) made.split = split_from(cell("split"), place_, faults_);
    if (!cell("date").empty()) made.date = date_from(cell("date"), place_, faults_);
    made.centre = cell("centre").empty() ? cell("center") : cell("centre");
    made.path = image();
    made.liver = mask("liver");
    made.lesions = mask("lesions");
    made.lesion = mask("lesion");
    made.plane = cell("plane");
    read_phase(made);
    read_place(made);
    return made;
  }

 private:
  void fault(const std::string& text) { faults_.add(place_, text); }

  std::string cell(const std::string& column) const {
    const auto index = table_.find(column);
    return index ? row_->cells[*index] : "";
  }

  fs::path image() {
    const fs::path path = folder_ / cell("path");
    if (cell("path").empty() || !fs::exists(path))
      fault(fmt::format("path '{}' is no file", cell("path")));
    else if (!fs::is_directory(path) && !is_picture_name(path) && !is_volume_name(path))
      fault(fmt::format("path '{}' is neither a volume, a folder of DICOM slices, nor a picture", cell("path")));
    return path;
  }

  /// The cell with absolute paths.
  std::string mask(const std::string& column) {
    const std::string text = cell(column);
    if (text.empty() || text == "none") return text;
    try {
      mask_sources(text, folder_);
    } catch (const Error& error) {
      fault(fmt::format("{} '{}': {}", column, text, error.what()));
      return "";
    }
    std::string absolute;
    for (size_t start = 0; start <= text.size();) {
      const size_t end = std::min(text.find(';', start), text.size());
      if (end > start)
        absolute +=
            fmt::format("{}{}", absolute.empty() ? "" : ";", (folder_ / text.substr(start, end - start)).string());
      start = end + 1;
    }
    return absolute;
  }

  void read_phase(DataRow& row) {
    const std::string phase = cell("phase");
    if (const auto known = phase_from_name(phase))
      row.phase = *known;
    else if (!phase.empty())
      fault(fmt::format("unknown phase '{}'; use noncontrast, arterial, portal_venous or delayed", phase));
  }

  void read_place(DataRow& row) {
    if (const std::string text = cell("box"); !text.empty()) {
      if (const auto box = box_from(text))
        row.boxes.push_back({*box, row.label, false});
      else
        fault(fmt::format("the box '{}' is not x0 y0 x1 y1 with x1 > x0 and y1 > y0", text));
    }
    const std::string slice = cell("slice");
    if (!slice.empty() && (slice.size() > 9 || slice.find_first_not_of("0123456789") != std::string::npos))
      fault(fmt::format("the slice '{}' is no whole number", slice));
    else if (!slice.empty())
      row.slice = std::stoll(slice);
  }

  const CsvTable& table_;
  fs::path folder_;
  DataFaults& faults_;
  const CsvTable::Row* row_ = nullptr;
  std::string place_;
};

void check_planes(const std::vector<DataRow>& rows, DataFaults& faults) {
  std::set<std::tuple<std::string, std::string, Phase>> seen;
  for (const DataRow& row : rows) {
    if (row.plane.empty()) continue;
    if (row.boxes.empty()) faults.add(row.place, fmt::format("plane '{}' needs a box", row.plane));
    if (!seen.insert({row.patient, row.plane, row.phase}).second)
      faults.add(row.place, fmt::format("plane '{}' has the phase '{}' twice", row.plane, name_of(row.phase)));
  }
}

}  // namespace

std::string split_from(const std::string& text, const std::string& place, DataFaults& faults) {
  std::string lower = text;
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return char(std::tolower(c)); });
  if (lower == "train" || lower == "training") return "train";
  if (lower == "validation" || lower == "val" || lower == "valid") return "validation";
  if (lower == "test" || lower == "testing") return "test";
  faults.add(place, fmt::format("the split '{}' is neither train, validation nor test", text));
  return "";
}

std::string date_from(const std::string& text, const std::string& place, DataFaults& faults) {
  static const std::regex kParted("(\\d{4})[-/.](\\d{1,2})[-/.](\\d{1,2})([ T].*)?"),
      kWhole("(\\d{4})(\\d{2})(\\d{2})");
  std::smatch match;
  if (std::regex_match(text, match, kWhole) || std::regex_match(text, match, kParted)) {
    const int month = std::stoi(match[2]), day = std::stoi(match[3]);
    if (month >= 1 && month <= 12 && day >= 1 && day <= 31)
      return fmt::format("{}{:02}{:02}", match[1].str(), month, day);
  }
  faults.add(place, fmt::format("the date '{}' is not YYYY-MM-DD or YYYYMMDD", text));
  return "";
}

std::vector<DataRow> read_manifest(const fs::path& path, DataFaults& faults) {
  const CsvTable table = read_csv(path);
  table.column("patient");
  table.column("path");
  RowReader reader(table, fs::absolute(path).parent_path(), faults);
  std::vector<DataRow> rows;
  for (const CsvTable::Row& row : table.rows) rows.push_back(reader.read(row));
  check_planes(rows, faults);
  if (rows.empty()) faults.add("line 2", "there are no rows");
  return rows;
}

}  // namespace hepatica
