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
  std::vector<DataRow> rows = rows_of(path, form_of_data(path), options, faults);
  faults.raise();
  keep_phases(rows, options);
  settle_labels(rows, options, needs, faults);
  check_patients(rows, options, faults);
  faults.raise();
  std::string images;
  if (options.check) {
    log_info("{}: {} images are read once to check them", path.string(), rows.size());
    images = check_images(rows, options, faults);
    faults.raise();
  }
  std::vector<RowItem> items = items_of_rows(rows, options, needs, faults);
  faults.raise();
  if (items.empty())
    throw Error(ErrorCode::bad_manifest, fmt::format("{}: no item is left to learn from", path.string()));
  std::vector<SplitItem> parting = split_items_of(rows, items);
  const std::string digest = sha256(digest_of(rows) + images);
  return {make_row_source(std::move(rows), std::move(items), options, digest), std::move(parting)};
}

}  // namespace hepatica
