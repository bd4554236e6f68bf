#include "dataset/row_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <list>
#include <map>
#include <mutex>

#include "base/error.h"
#include "base/threads.h"
#include "dataset/lesion_boxes.h"
#include "dataset/row_images.h"
#include "dataset/slice_cache.h"

namespace hepatica {
namespace {

/// What one row gives; gathered row by row in parallel, then put together in order.
struct RowItems {
  std::vector<RowItem> items;
  std::string fault;
};

bool has_lesion_mask(const DataRow& row) { return !row.lesions.empty() && row.lesions != "none"; }

bool is_a_lesion(const std::string& label) { return !label.empty() && label != "none"; }

void add_target(RowItems& made, int64_t k, const LesionBox& lesion) {
  if (!lesion.ignore && is_a_lesion(lesion.type)) made.items.push_back({0, k, lesion.type, {lesion}, lesion.box});
}

void add_mask_lesions(RowItems& made, const DataRow& row, const DataOptions& options) {
  if (is_picture_row(row)) {
    for (const LesionBox& lesion : slice_of_picture(row, options).lesions) add_target(made, 0, lesion);
    return;
  }
  const std::shared_ptr<const RowVolume> volume = read_row_volume(row);
  const int64_t first = std::max<int64_t>(0, row.slice), last = row.slice < 0 ? volume->lesions.nz() : row.slice + 1;
  for (int64_t k = first; k < std::min(last, volume->lesions.nz()); ++k)
    for (const LesionBox& lesion : lesion_boxes(volume->lesions, k, row.label, options.least_lesion_mm))
      add_target(made, k, lesion);
}

/// One lesion on one slice each.
RowItems lesions_of_row(const DataRow& row, const DataOptions& options) {
  RowItems made;
  const int64_t slices = row.slice >= 0 ? 1 : slice_count(row);
  if (!row.boxes.empty() && slices > 1)
    made.fault = "a box in a volume needs its slice: give the column `slice`";
  else if (!row.boxes.empty())
    for (const LesionBox& lesion : row.boxes) add_target(made, std::max<int64_t>(0, row.slice), lesion);
  else if (has_lesion_mask(row))
    add_mask_lesions(made, row, options);
  else if (slices == 1 && !row.complete && is_a_lesion(row.label))
    made.items.push_back({0, std::max<int64_t>(0, row.slice), row.label, {}, std::nullopt});
  else if (is_a_lesion(row.label) && !row.complete)
    made.fault = "nothing says where in the volume the lesion is: give `box` and `slice`, or a `lesions` mask";
  return made;
}

/// Each slice with all its lesions.
RowItems slices_of_row(const DataRow& row, const DataNeeds& needs) {
  RowItems made;
  if (needs.liver && row.liver.empty()) made.fault = "there is no `liver` mask, which this task needs";
  if (needs.lesions && row.lesions.empty() && row.boxes.empty() && !row.complete)
    made.fault = "nothing is said of lesions: give a `box`, a `lesions` mask, or 'none' in `lesions`";
  const int64_t slices = row.slice >= 0 ? 1 : slice_count(row), first = std::max<int64_t>(0, row.slice);
  if (!row.boxes.empty() && slices > 1) made.fault = "a box in a volume needs its slice: give the column `slice`";
  for (int64_t k = first; k < first + slices; ++k) made.items.push_back({0, k, row.label, row.boxes, std::nullopt});
  return made;
}

/// Items on the same slice of the same image become one.
std::vector<RowItem> joined(std::vector<RowItem> items, const std::vector<DataRow>& rows, DataFaults& faults) {
  std::map<std::pair<std::string, int64_t>, size_t> known;
  std::vector<RowItem> all;
  for (RowItem& item : items) {
    const DataRow& row = rows[item.row];
    const auto [place, is_new] = known.try_emplace({row.path.string(), item.k}, all.size());
    if (is_new) {
      all.push_back(std::move(item));
      continue;
    }
    const DataRow& first = rows[all[place->second].row];
    if (first.patient != row.patient || first.liver != row.liver || first.lesions != row.lesions)
      faults.add(row.place, fmt::format("is the image of {}, with another patient or other masks", first.place));
    auto& boxes = all[place->second].boxes;
    boxes.insert(boxes.end(), item.boxes.begin(), item.boxes.end());
  }
  return all;
}

/// Rows with the same one share what is read.
std::string volume_key(const DataRow& row) {
  return fmt::format("{}|{}|{}|{}", row.path.string(), row.liver, row.lesions, row.lesion);
}

class RowSource : public SliceSource {
 public:
  RowSource(std::vector<DataRow> rows, std::vector<RowItem> items, const DataOptions& options, std::string fingerprint)
      : rows_(std::move(rows)), items_(std::move(items)), options_(options), fingerprint_(std::move(fingerprint)) {
    for (size_t i = 0; i < items_.size(); ++i) {
      const DataRow& row = rows_[items_[i].row];
      items_of_volume_[volume_key(row)].push_back(i);
      if (!row.plane.empty()) planes_[{row.patient, row.plane}].push_back(i);
    }
    if (!options_.cache.empty()) fs::create_directories(options_.cache);
  }

  size_t size() const override { return items_.size(); }
  std::string group(size_t index) const override { return rows_[items_[index].row].patient; }
  std::string label(size_t index) const override { return items_[index].label; }
  std::string fingerprint() const override { return fingerprint_; }

  std::vector<LearningSlice> phases(size_t index) const override {
    const DataRow& row = rows_[items_[index].row];
    const auto same = planes_.find({row.patient, row.plane});
    if (same == planes_.end()) return {get(index)};
    std::vector<LearningSlice> planes;
    for (const size_t i : same->second) planes.push_back(get(i));
    return planes;
  }

  LearningSlice get(size_t index) const override {
    const RowItem& item = items_[index];
    const DataRow& row = rows_[item.row];
    try {
      LearningSlice slice = is_picture_row(row) ? slice_of_picture(row, options_) : cut(index);
      slice.phase = row.phase;
      slice.label = item.label;
      slice.target = item.target;
      slice.lesions.insert(slice.lesions.end(), item.boxes.begin(), item.boxes.end());
      return slice;
    } catch (const Error& error) {
      throw error.with_context(row.place);
    }
  }

 private:
  /// From the cache, else from the volume, whose other items are kept then too.
  LearningSlice cut(size_t index) const {
    const fs::path kept = cached(index);
    if (!kept.empty() && fs::exists(kept)) return slice_from_bytes(read_file(kept), kept.string());
    const std::shared_ptr<const RowVolume> volume = load(rows_[items_[index].row]);
    if (!kept.empty())
      for (const size_t i : items_of_volume_.at(volume_key(rows_[items_[index].row])))
        if (const fs::path file = cached(i); !fs::exists(file)) write_file(file, bytes_of_slice(made(*volume, i)));
    return made(*volume, index);
  }

  LearningSlice made(const RowVolume& volume, size_t index) const {
    LearningSlice slice = slice_of_volume(volume, items_[index].k, rows_[items_[index].row], options_);
    if (items_[index].target) slice.lesions.clear();  // the item names its own
    return slice;
  }

  fs::path cached(size_t index) const {
    if (options_.cache.empty()) return {};
    const DataRow& row = rows_[items_[index].row];
    const std::string key = fmt::format("{}|{}|{}|{}|{}|{}|{}",
                                        stamp_of(row.path),
                                        mask_stamp(row.liver),
                                        mask_stamp(row.lesions),
                                        row.label,
                                        options_.context_mm,
                                        options_.least_lesion_mm,
                                        items_[index].target.has_value());
    return options_.cache / fmt::format("{}_{:04}.slice", sha256(key).substr(0, 24), items_[index].k);
  }

  /// The last few volumes stay in memory.
  std::shared_ptr<const RowVolume> load(const DataRow& row) const {
    const std::lock_guard lock(mutex_);
    const std::string key = volume_key(row);
    const auto known =
        std::find_if(recent_.begin(), recent_.end(), [&](const auto& entry) { return entry.first == key; });
    if (known != recent_.end()) {
      recent_.splice(recent_.begin(), recent_, known);
    } else {
      recent_.emplace_front(key, read_row_volume(row));
      if (recent_.size() > 4) recent_.pop_back();
    }
    return recent_.front().second;
  }

  std::vector<DataRow> rows_;
  std::vector<RowItem> items_;
  DataOptions options_;
  std::string fingerprint_;
  std::map<std::string, std::vector<size_t>> items_of_volume_;
  std::map<std::pair<std::string, std::string>, std::vector<size_t>> planes_;  ///< items by patient and plane
  mutable std::mutex mutex_;
  mutable std::list<std::pair<std::string, std::shared_ptr<const RowVolume>>> recent_;
};

}  // namespace

std::vector<RowItem> items_of_rows(const std::vector<DataRow>& rows,
                                   const DataOptions& options,
                                   const DataNeeds& needs,
                                   DataFaults& faults) {
  std::vector<RowItems> made(rows.size());
  parallel_for(rows.size(), [&](size_t r) {
    try {
      made[r] = needs.each_lesion ? lesions_of_row(rows[r], options) : slices_of_row(rows[r], needs);
    } catch (const Error& error) {
      made[r].fault = error.what();
    }
  });
  std::vector<RowItem> items;
  for (size_t r = 0; r < rows.size(); ++r) {
    if (!made[r].fault.empty()) faults.add(rows[r].place, made[r].fault);
    for (RowItem& item : made[r].items) {
      item.row = r;
      items.push_back(std::move(item));
    }
  }
  return needs.each_lesion ? items : joined(std::move(items), rows, faults);
}

std::shared_ptr<const SliceSource> make_row_source(std::vector<DataRow> rows,
                                                   std::vector<RowItem> items,
                                                   const DataOptions& options,
                                                   const std::string& fingerprint) {
  return std::make_shared<RowSource>(std::move(rows), std::move(items), options, fingerprint);
}

std::vector<SplitItem> split_items_of(const std::vector<DataRow>& rows, const std::vector<RowItem>& items) {
  std::vector<SplitItem> all;
  for (const RowItem& item : items) {
    const DataRow& row = rows[item.row];
    all.push_back({row.patient, item.label, row.date, row.centre, row.split});
  }
  return all;
}

}  // namespace hepatica
