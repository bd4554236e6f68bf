#include "dataset/row_volumes.h"

#include <fmt/format.h>

#include <map>

#include "base/error.h"
#include "dataset/row_images.h"

namespace hepatica {
namespace {

class RowVolumes : public VolumeSource {
 public:
  RowVolumes(std::vector<DataRow> rows, std::string fingerprint)
      : rows_(std::move(rows)), fingerprint_(std::move(fingerprint)) {}

  size_t size() const override { return rows_.size(); }
  std::string group(size_t index) const override { return rows_[index].patient; }
  std::string label(size_t index) const override { return rows_[index].label; }
  std::string fingerprint() const override { return fingerprint_; }
  std::string key(size_t index) const override {
    return fmt::format("{}|{}", stamp_of(rows_[index].path), mask_stamp(rows_[index].liver));
  }

  LearningVolume get(size_t index) const override {
    DataRow row = rows_[index];
    row.lesions.clear();
    row.lesion.clear();
    try {
      RowVolume volume = *read_row_volume(row);
      return {std::move(volume.hu), std::move(volume.liver)};
    } catch (const Error& error) {
      throw error.with_context(row.place);
    }
  }

 private:
  std::vector<DataRow> rows_;
  std::string fingerprint_;
};

std::string fault_of(const DataRow& row) {
  if (is_picture_row(row)) return "is a picture of one slice; a 3D network learns from volumes";
  if (row.slice >= 0) return "names one slice; a 3D network learns from whole volumes: leave `slice` empty";
  if (row.liver.empty()) return "there is no `liver` mask, which this task needs";
  return "";
}

}  // namespace

std::vector<DataRow> volumes_of_rows(const std::vector<DataRow>& rows, DataFaults& faults) {
  std::map<std::string, const DataRow*> first;
  std::vector<DataRow> volumes;
  for (const DataRow& row : rows) {
    if (const std::string fault = fault_of(row); !fault.empty()) {
      faults.add(row.place, fault);
      continue;
    }
    const auto [known, is_new] = first.try_emplace(row.path.string(), &row);
    if (is_new)
      volumes.push_back(row);
    else if (known->second->patient != row.patient || known->second->liver != row.liver)
      faults.add(row.place,
                 fmt::format("is the image of {}, with another patient or another liver", known->second->place));
  }
  return volumes;
}

std::shared_ptr<const VolumeSource> make_row_volumes(std::vector<DataRow> rows, const std::string& fingerprint) {
  return std::make_shared<RowVolumes>(std::move(rows), fingerprint);
}

std::vector<SplitItem> split_items_of(const std::vector<DataRow>& rows) {
  std::vector<SplitItem> all;
  for (const DataRow& row : rows) all.push_back({row.patient, row.label, row.date, row.centre, row.split});
  return all;
}

}  // namespace hepatica
