#include "dataset/lilnet_folder.h"

#include <fmt/format.h>
#include <iconv.h>

#include <algorithm>
#include <cctype>
#include <map>

#include "base/csv.h"
#include "base/error.h"
#include "base/log.h"

namespace hepatica {
namespace {

const std::vector<std::string> kPhaseFolders{"CT", "AP", "PVP"};

/// Lower case, without spaces, underscores and hyphens.
std::string plain(const std::string& text) {
  std::string made;
  for (const char c : text)
    if (c != ' ' && c != '_' && c != '-') made += char(std::tolower(static_cast<unsigned char>(c)));
  return made;
}

size_t column_of(const CsvTable& table, const std::string& name, const std::vector<std::string>& known) {
  if (const auto exact = table.find(name)) return *exact;
  for (const std::string& other : known) {
    for (size_t c = 0; c < table.header.size(); ++c) {
      if (plain(table.header[c]) != other) continue;
      log_warning("{}: the column '{}' is taken for '{}'", table.file, table.header[c], name);
      return c;
    }
  }
  return table.column(name);  // names the columns that are there
}

/// UTF-8 of text in `encoding`; nothing where it is not in it.
std::optional<std::string> converted(const std::string& bytes, const char* encoding) {
  const iconv_t converter = iconv_open("UTF-8", encoding);
  if (converter == iconv_t(-1)) return std::nullopt;
  std::string input = bytes, output(bytes.size() * 4 + 16, '\0');
  char *from = input.data(), *to = output.data();
  size_t left = input.size(), room = output.size();
  const bool done = iconv(converter, &from, &left, &to, &room) != size_t(-1);
  iconv_close(converter);
  if (!done) return std::nullopt;
  output.resize(output.size() - room);
  return output;
}

bool is_missing(const std::string& cell) { return cell.empty() || cell == "NA" || cell == "NaN" || cell == "nan"; }

struct PatientClass {
  std::string label, split, place;
};

/// Adds the rows of one table.
void read_table(const fs::path& file,
                const std::string& split,
                std::map<std::string, PatientClass>& patients,
                DataFaults& faults) {
  const CsvTable table = parse_csv(utf8_from_table(read_file(file), file.string()), file.string());
  const size_t id = column_of(table, "ID", {"id", "personid", "patientid", "patient"});
  const size_t cancer = column_of(table, "Cancer", {"cancer", "label", "class", "diagnosis"});
  for (const CsvTable::Row& row : table.rows) {
    if (is_missing(row.cells[id]) || is_missing(row.cells[cancer])) continue;
    const std::string place = fmt::format("{}, line {}", file.filename().string(), row.line);
    const auto [known, is_new] = patients.try_emplace(row.cells[id], PatientClass{row.cells[cancer], split, place});
    if (is_new) continue;
    if (known->second.label != row.cells[cancer])
      faults.add(place,
                 fmt::format("patient '{}' is '{}' here and '{}' at {}",
                             row.cells[id],
                             row.cells[cancer],
                             known->second.label,
                             known->second.place));
    else if (known->second.split != split)
      faults.add(place,
                 fmt::format("patient '{}' is also at {}, in another split", row.cells[id], known->second.place));
    else
      faults.add(place, fmt::format("patient '{}' is already at {}", row.cells[id], known->second.place));
  }
}

std::vector<fs::path> tables_in(const fs::path& root, const DataOptions& options) {
  std::vector<fs::path> tables;
  for (const std::string& name : options.tables) {
    tables.push_back(root / name);
    if (!fs::is_regular_file(tables.back()))
      throw Error(ErrorCode::not_found,
                  fmt::format("{}: there is no table '{}' of data.manifest.tables", root.string(), name));
  }
  if (!tables.empty()) return tables;
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(root))
    if (plain(entry.path().extension().string()) == ".csv") names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end(), natural_less);
  if (names.size() == 1) return {root / names[0]};
  throw Error(names.empty() ? ErrorCode::not_found : ErrorCode::bad_manifest,
              names.empty()
                  ? fmt::format("{}: there is no CSV with the columns ID and Cancer", root.string())
                  : fmt::format("{}: there are several tables ({}); name those that are meant in the recipe's "
                                "data.manifest.tables",
                                root.string(),
                                first_names(names)));
}

/// "train" of "BM_train.csv".
std::string split_of_table(const fs::path& file) {
  const std::string stem = plain(file.stem().string());
  for (const char* split : {"train", "validation", "test"})
    if (stem.find(split) != std::string::npos) return split;
  return "";
}

/// The pictures of one patient.
std::vector<DataRow> rows_of(const fs::path& folder, const PatientClass& about) {
  std::vector<DataRow> rows;
  for (const std::string& phase : kPhaseFolders) {
    if (!fs::is_directory(folder / phase)) continue;
    for (const fs::path& picture : list_pictures(folder / phase)) {
      DataRow row;
      row.patient = folder.filename().string();
      row.label = about.label;
      row.split = about.split;
      row.phase = *phase_from_name(phase);
      row.path = picture;
      row.place = fmt::format("{}/{}/{}", row.patient, phase, picture.filename().string());
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

}  // namespace

std::string utf8_from_table(const std::string& bytes, const std::string& file) {
  for (const char* encoding : {"UTF-8", "GBK"})
    if (const auto text = converted(bytes, encoding)) return *text;
  throw Error(ErrorCode::bad_manifest, fmt::format("{} is neither UTF-8 nor GBK text; save it as UTF-8", file));
}

bool is_lilnet_folder(const fs::path& root) {
  std::error_code problem;
  for (const auto& entry : fs::directory_iterator(root, problem))
    for (const std::string& phase : kPhaseFolders)
      if (entry.is_directory() && fs::is_directory(entry.path() / phase)) return true;
  return false;
}

std::vector<DataRow> read_lilnet_folder(const fs::path& root, const DataOptions& options, DataFaults& faults) {
  std::map<std::string, PatientClass> patients;
  const std::vector<fs::path> tables = tables_in(root, options);
  for (const fs::path& table : tables)
    read_table(table, tables.size() > 1 ? split_of_table(table) : "", patients, faults);
  std::vector<std::string> folders, unlabelled;
  for (const auto& entry : fs::directory_iterator(root))
    if (entry.is_directory()) folders.push_back(entry.path().filename().string());
  std::sort(folders.begin(), folders.end(), natural_less);
  std::vector<DataRow> rows;
  for (const std::string& folder : folders) {
    const auto about = patients.find(folder);
    if (about == patients.end()) {
      unlabelled.push_back(folder);
      continue;
    }
    const std::vector<DataRow> mine = rows_of(root / folder, about->second);
    if (mine.empty())
      faults.add(about->second.place, fmt::format("patient '{}' has no pictures in CT, AP or PVP", folder));
    rows.insert(rows.end(), mine.begin(), mine.end());
  }
  for (const auto& [id, about] : patients)
    if (std::find(folders.begin(), folders.end(), id) == folders.end())
      faults.add(about.place, fmt::format("patient '{}' has no folder in {}", id, root.string()));
  if (!unlabelled.empty())
    log_warning("{}: {} patients stand in no table and are left out: {}",
                root.string(),
                unlabelled.size(),
                first_names(unlabelled));
  return rows;
}

}  // namespace hepatica
