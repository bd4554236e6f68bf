#include "dataset/data_form.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/error.h"
#include "base/log.h"
#include "dataset/coco.h"
#include "dataset/lilnet_folder.h"
#include "dataset/manifest.h"
#include "dataset/row_checks.h"
#include "dataset/row_source.h"
#include "dataset/row_volumes.h"
#include "dataset/yolo_folder.h"

namespace hepatica {
namespace {

constexpr const char* kForms =
    "a manifest (.csv), a folder of LiLNet's layout (<ID>/CT, AP or PVP, and a CSV with ID and Cancer), a COCO file "
    "(.json), a YOLO data yaml, or a folder with images/ and labels/";

std::vector<DataRow> rows_of(const fs::path& path, DataForm form, const DataOptions& options, DataFaults& faults) {
  switch (form) {
    case DataForm::manifest:
      return read_manifest(path, faults);
    case DataForm::lilnet:
      return read_lilnet_folder(path, options, faults);
    case DataForm::coco:
      return read_coco(path, options, faults);
    case DataForm::yolo:
      break;
  }
  return read_yolo_data(path, options, faults);
}

/// Hash over what the rows say.
std::string digest_of(const std::vector<DataRow>& rows) {
  std::string all;
  for (const DataRow& row : rows) {
    all += fmt::format("{}|{}|{}|{}|{}|{}\n",
                       row.patient,
                       row.label,
                       row.split,
                       name_of(row.phase),
                       row.path.filename().string(),
                       row.slice);
    for (const LesionBox& box : row.boxes)
      all += fmt::format("{} {} {} {} {}\n", box.box.x0, box.box.y0, box.box.x1, box.box.y1, box.type);
  }
  return sha256(all);
}

struct CheckedRows {
  std::vector<DataRow> rows;
  std::string images;  ///< hash over their content where it was checked
};

CheckedRows checked_rows(const fs::path& path, const DataOptions& options, const DataNeeds& needs, DataFaults& faults) {
  CheckedRows made{rows_of(path, form_of_data(path), options, faults), ""};
  faults.raise();
  keep_phases(made.rows, options);
  settle_labels(made.rows, options, needs, faults);
  if (needs.volumes) made.rows = volumes_of_rows(made.rows, faults);
  check_patients(made.rows, options, faults);
  faults.raise();
  if (!options.check) return made;
  log_info("{}: {} images are read once to check them", path.string(), made.rows.size());
  made.images = check_images(made.rows, options, needs, faults);
  faults.raise();
  return made;
}

void require_items(size_t count, const fs::path& path) {
  if (count == 0) throw Error(ErrorCode::bad_manifest, fmt::format("{}: no item is left to learn from", path.string()));
}

}  // namespace

DataForm form_of_data(const fs::path& path) {
  if (!fs::exists(path))
    throw Error(ErrorCode::not_found, fmt::format("--data: there is no '{}'; it takes {}", path.string(), kForms));
  std::string end = path.extension().string();
  std::transform(end.begin(), end.end(), end.begin(), [](unsigned char c) { return char(std::tolower(c)); });
  if (is_yolo_data(path)) return DataForm::yolo;
  if (fs::is_directory(path) && is_lilnet_folder(path)) return DataForm::lilnet;
  if (fs::is_regular_file(path) && end == ".csv") return DataForm::manifest;
  if (fs::is_regular_file(path) && end == ".json") return DataForm::coco;
  throw Error(ErrorCode::bad_manifest,
              fmt::format("--data: '{}' is of no known form; it takes {}", path.string(), kForms));
}

OpenedData open_data(const fs::path& path, const DataOptions& options, const DataNeeds& needs) {
  DataFaults faults(path);
  auto [rows, images] = checked_rows(path, options, needs, faults);
  std::vector<RowItem> items = items_of_rows(rows, options, needs, faults);
  faults.raise();
  require_items(items.size(), path);
  std::vector<SplitItem> parting = split_items_of(rows, items);
  const std::string digest = sha256(digest_of(rows) + images);
  return {make_row_source(std::move(rows), std::move(items), options, digest), std::move(parting)};
}

OpenedVolumes open_volumes(const fs::path& path, const DataOptions& options) {
  DataNeeds needs;
  needs.liver = needs.volumes = true;
  DataFaults faults(path);
  auto [rows, images] = checked_rows(path, options, needs, faults);
  require_items(rows.size(), path);
  std::vector<SplitItem> parting = split_items_of(rows);
  const std::string digest = sha256(digest_of(rows) + images);
  return {make_row_volumes(std::move(rows), digest), std::move(parting)};
}

}  // namespace hepatica
