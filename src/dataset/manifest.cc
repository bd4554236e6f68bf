#include "dataset/manifest.h"

#include <fmt/format.h>

#include <algorithm>
#include <list>
#include <map>
#include <mutex>
#include <set>
#include <sstream>
#include <tuple>

#include "base/error.h"
#include "image/orient.h"
#include "io/volume_file.h"

namespace hepatica {
namespace {

const std::set<std::string> kColumns{
    "patient", "path", "phase", "liver", "label", "box", "slice", "split", "lesion", "plane"};

/// Fields of one line; double quotes hold commas, and "" within them is a quote.
std::vector<std::string> fields_of(const std::string& line) {
  std::vector<std::string> fields{""};
  bool quoted = false;
  for (size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '"' && quoted && i + 1 < line.size() && line[i + 1] == '"')
      fields.back() += line[i++];
    else if (c == '"')
      quoted = !quoted;
    else if (c == ',' && !quoted)
      fields.emplace_back();
    else if (c != '\r')
      fields.back() += c;
  }
  return fields;
}

/// Gathers what is wrong, to be told at once.
class Faults {
 public:
  explicit Faults(fs::path file) : file_(std::move(file)) {}
  void add(int line, const std::string& text) {
    if (++count_ <= 10) text_ += fmt::format("\n  row {}: {}", line, text);
  }
  void raise() const {
    if (count_ > 0)
      throw Error(ErrorCode::bad_manifest, fmt::format("{}: {} faults:{}", file_.string(), count_, text_));
  }

 private:
  fs::path file_;
  std::string text_;
  int count_ = 0;
};

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
  RowReader(const fs::path& file, const ManifestOptions& options, std::vector<std::string> header, Faults& faults)
      : folder_(file.parent_path()), options_(options), header_(std::move(header)), faults_(faults) {}

  ManifestRow read(int line, const std::vector<std::string>& fields) {
    line_ = line;
    values_.clear();
    for (size_t c = 0; c < header_.size() && c < fields.size(); ++c) values_[header_[c]] = fields[c];
    if (fields.size() != header_.size())
      faults_.add(line, fmt::format("{} fields for {} columns", fields.size(), header_.size()));
    ManifestRow row;
    row.line = line;
    row.patient = values_["patient"];
    row.label = values_["label"];
    row.split = values_["split"];
    row.path = existing("path");
    row.plane = values_["plane"];
    if (!values_["liver"].empty()) row.liver = existing("liver");
    if (!values_["lesion"].empty()) row.lesion = existing("lesion");
    check_words(row);
    read_place(row);
    return row;
  }

 private:
  fs::path existing(const std::string& column) {
    const fs::path path = folder_ / values_[column];
    if (values_[column].empty() || !fs::is_regular_file(path))
      faults_.add(line_, fmt::format("{} '{}' is no file", column, values_[column]));
    else if (!is_picture_name(path) && !is_volume_name(path))
      faults_.add(line_, fmt::format("{} '{}' is neither a volume nor a picture", column, values_[column]));
    return path;
  }

  void check_words(ManifestRow& row) {
    if (row.patient.empty()) faults_.add(line_, "the patient is empty");
    const std::string phase = values_["phase"];
    if (const auto known = phase_from_name(phase))
      row.phase = *known;
    else if (!phase.empty())
      faults_.add(line_, fmt::format("unknown phase '{}'", phase));
    const auto& labels = options_.labels;
    if (!row.label.empty() && !labels.empty() && std::find(labels.begin(), labels.end(), row.label) == labels.end())
      faults_.add(line_,
                  fmt::format("the label '{}' is no class of the recipe ({})", row.label, fmt::join(labels, ", ")));
    if (!row.split.empty() && row.split != "train" && row.split != "validation")
      faults_.add(line_, fmt::format("the split '{}' is neither train nor validation", row.split));
  }

  void read_place(ManifestRow& row) {
    if (const std::string box = values_["box"]; !box.empty()) {
      row.box = box_from(box);
      if (!row.box) faults_.add(line_, fmt::format("the box '{}' is not x0 y0 x1 y1 with x1 > x0 and y1 > y0", box));
    }
    const std::string slice = values_["slice"];
    if (slice.empty()) return;
    if (slice.size() > 9 || slice.find_first_not_of("0123456789") != std::string::npos)
      faults_.add(line_, fmt::format("the slice '{}' is no whole number", slice));
    else
      row.slice = std::stoll(slice);
  }

  fs::path folder_;
  const ManifestOptions& options_;
  std::vector<std::string> header_;
  Faults& faults_;
  std::map<std::string, std::string> values_;
  int line_ = 0;
};

void check_splits(const std::vector<ManifestRow>& rows, Faults& faults) {
  std::map<std::string, std::string> side;
  for (const ManifestRow& row : rows) {
    if (row.split.empty()) continue;
    const auto [place, is_new] = side.try_emplace(row.patient, row.split);
    if (!is_new && place->second != row.split)
      faults.add(row.line, fmt::format("patient '{}' is in train and in validation", row.patient));
  }
}

void check_planes(const std::vector<ManifestRow>& rows, Faults& faults) {
  std::set<std::tuple<std::string, std::string, Phase>> seen;
  for (const ManifestRow& row : rows) {
    if (row.plane.empty()) continue;
    if (!row.box) faults.add(row.line, fmt::format("plane '{}' needs a box", row.plane));
    if (!seen.insert({row.patient, row.plane, row.phase}).second)
      faults.add(row.line, fmt::format("plane '{}' has the phase '{}' twice", row.plane, name_of(row.phase)));
  }
}

/// A volume with its masks, on axial axes.
struct LoadedVolume {
  Volume<int16_t> hu;
  Mask liver, lesion;
};

class ManifestSource : public SliceSource {
 public:
  ManifestSource(const fs::path& file, const ManifestOptions& options)
      : file_(file), options_(options), rows_(read_manifest(file, options)), hash_(sha256_of_file(file)) {
    for (size_t r = 0; r < rows_.size(); ++r) {
      const int64_t count = slices_of(rows_[r]);
      if (rows_[r].slice >= 0 || count == 1) {
        if (!rows_[r].plane.empty()) planes_[{rows_[r].patient, rows_[r].plane}].push_back(items_.size());
        items_.push_back({r, std::max<int64_t>(0, rows_[r].slice)});
        continue;
      }
      for (int64_t k = 0; k < count; ++k) items_.push_back({r, k});
    }
  }

  size_t size() const override { return items_.size(); }
  std::string group(size_t index) const override { return rows_[items_[index].row].patient; }
  std::string label(size_t index) const override { return rows_[items_[index].row].label; }
  std::string fingerprint() const override { return hash_; }
  const std::string& split(size_t index) const { return rows_[items_[index].row].split; }

  std::vector<LearningSlice> phases(size_t index) const override {
    const ManifestRow& row = rows_[items_[index].row];
    const auto same = planes_.find({row.patient, row.plane});
    if (same == planes_.end()) return {get(index)};
    std::vector<LearningSlice> planes;
    for (const size_t item : same->second) planes.push_back(get(item));
    return planes;
  }

  LearningSlice get(size_t index) const override {
    const ManifestRow& row = rows_[items_[index].row];
    try {
      LearningSlice slice = is_picture_name(row.path) ? from_picture(row) : from_volume(row, items_[index].k);
      slice.phase = row.phase;
      slice.label = row.label;
      slice.target = row.box;
      if (row.box) slice.lesions.push_back({*row.box, row.label, false});
      slice.liver_hu = median_liver_hu(slice);
      return slice;
    } catch (const Error& error) {
      throw error.with_context(fmt::format("{}, row {}", file_.string(), row.line));
    }
  }

 private:
  struct Item {
    size_t row;
    int64_t k;
  };

  static int64_t slices_of(const ManifestRow& row) {
    if (is_picture_name(row.path)) return 1;
    const Geometry grid = read_geometry(row.path);
    return reordered(grid, axial_order(grid)).size[2];
  }

  LearningSlice from_picture(const ManifestRow& row) const {
    const Picture picture = read_picture(row.path);
    LearningSlice slice;
    slice.width = picture.width;
    slice.height = picture.height;
    slice.spacing_mm = options_.pictures.spacing_mm;
    for (const uint8_t grey : picture.grey) slice.hu.push_back(hu_from_grey(grey, options_.pictures));
    slice.liver = picture_mask(row.liver, picture);
    slice.lesion = picture_mask(row.lesion, picture);
    return slice;
  }

  /// 1 where the picture is brighter than 127; empty without a file.
  static std::vector<uint8_t> picture_mask(const fs::path& path, const Picture& image) {
    if (path.empty()) return {};
    const Picture picture = read_picture(path);
    if (picture.width != image.width || picture.height != image.height)
      throw Error(ErrorCode::bad_geometry, path.string() + " has another size than the image");
    std::vector<uint8_t> mask;
    for (const uint8_t grey : picture.grey) mask.push_back(grey > 127);
    return mask;
  }

  LearningSlice from_volume(const ManifestRow& row, int64_t k) const {
    const std::shared_ptr<const LoadedVolume> volume = load(row);
    if (k >= volume->hu.nz())
      throw Error(ErrorCode::bad_manifest, fmt::format("slice {} of a volume with {} slices", k, volume->hu.nz()));
    LearningSlice slice;
    slice.width = volume->hu.nx();
    slice.height = volume->hu.ny();
    slice.spacing_mm = volume->hu.geometry().spacing[0];
    const auto hu = volume->hu.slice(k);
    slice.hu.assign(hu.begin(), hu.end());
    slice.liver = slice_of(volume->liver, k);
    slice.lesion = slice_of(volume->lesion, k);
    return slice;
  }

  static std::vector<uint8_t> slice_of(const Mask& mask, int64_t k) {
    std::vector<uint8_t> inside;
    if (mask.empty()) return inside;
    for (const uint8_t label : mask.slice(k)) inside.push_back(label != 0);
    return inside;
  }

  static Mask read_fitting_mask(const fs::path& path, const Geometry& grid) {
    if (path.empty()) return {};
    Mask mask = to_axial(read_mask(path));
    if (!same_grid(mask.geometry(), grid, 0.01))
      throw Error(ErrorCode::bad_geometry, path.string() + " lies on another grid than the image");
    return mask;
  }

  /// The last few volumes stay in memory.
  std::shared_ptr<const LoadedVolume> load(const ManifestRow& row) const {
    const std::lock_guard lock(mutex_);
    for (auto entry = recent_.begin(); entry != recent_.end(); ++entry) {
      if (entry->first != std::pair(row.path, row.lesion)) continue;
      recent_.splice(recent_.begin(), recent_, entry);
      return recent_.front().second;
    }
    auto loaded = std::make_shared<LoadedVolume>();
    loaded->hu = to_axial(read_volume(row.path));
    loaded->liver = read_fitting_mask(row.liver, loaded->hu.geometry());
    loaded->lesion = read_fitting_mask(row.lesion, loaded->hu.geometry());
    recent_.emplace_front(std::pair(row.path, row.lesion), loaded);
    if (recent_.size() > 4) recent_.pop_back();
    return loaded;
  }

  fs::path file_;
  ManifestOptions options_;
  std::vector<ManifestRow> rows_;
  std::string hash_;
  std::vector<Item> items_;
  std::map<std::pair<std::string, std::string>, std::vector<size_t>> planes_;  ///< items by patient and plane
  mutable std::mutex mutex_;
  mutable std::list<std::pair<std::pair<fs::path, fs::path>, std::shared_ptr<const LoadedVolume>>> recent_;
};

}  // namespace

std::vector<ManifestRow> read_manifest(const fs::path& path, const ManifestOptions& options) {
  std::istringstream text(read_file(path));
  std::string line;
  std::getline(text, line);
  const std::vector<std::string> header = fields_of(line);
  Faults faults(path);
  for (const std::string& column : header) {
    if (!kColumns.count(column))
      faults.add(1, fmt::format("unknown column '{}'; known: {}", column, fmt::join(kColumns, ", ")));
  }
  for (const char* column : {"patient", "path"}) {
    if (std::find(header.begin(), header.end(), column) == header.end())
      faults.add(1, fmt::format("the column '{}' is missing", column));
  }
  faults.raise();
  RowReader reader(path, options, header, faults);
  std::vector<ManifestRow> rows;
  for (int number = 2; std::getline(text, line); ++number) {
    if (!line.empty() && line != "\r") rows.push_back(reader.read(number, fields_of(line)));
  }
  if (rows.empty()) faults.add(2, "there are no rows");
  check_splits(rows, faults);
  check_planes(rows, faults);
  faults.raise();
  return rows;
}

std::shared_ptr<const SliceSource> open_manifest(const fs::path& path, const ManifestOptions& options) {
  return std::make_shared<ManifestSource>(path, options);
}

std::optional<Split> stated_split(const SliceSource& manifest) {
  const auto* source = dynamic_cast<const ManifestSource*>(&manifest);
  if (!source) return std::nullopt;
  Split split;
  bool stated = false;
  for (size_t i = 0; i < source->size(); ++i) {
    stated |= !source->split(i).empty();
    (source->split(i) == "validation" ? split.validation : split.training).push_back(i);
  }
  return stated ? std::optional(split) : std::nullopt;
}

}  // namespace hepatica
