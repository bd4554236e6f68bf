#include "train/volume_store.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "nn/checkpoint.h"

namespace hepatica::train {
namespace {

size_t bytes_of(const GridVolume& volume) { return volume.values.size() * sizeof(float) + volume.liver.size(); }

GridVolume grid_volume(const LearningVolume& volume, const SegmentInput& input) {
  if (volume.liver.empty()) throw Error(ErrorCode::bad_manifest, "there is no `liver` mask, which this task needs");
  SegmentSpace space = segment_space(volume.hu, input);
  GridVolume grid;
  grid.size = {space.depth, space.height, space.width};
  grid.values = std::move(space.values);
  for (const float share : segment_space_target(volume.liver, input))
    grid.liver.push_back(uint8_t(std::lround(std::clamp(share, 0.0f, 1.0f) * 255)));
  return grid;
}

void write_grid(const fs::path& path, const GridVolume& grid) {
  const std::vector<int64_t> size(grid.size.begin(), grid.size.end());
  nn::Checkpoint file;
  file.tensors["image"] = torch::from_blob(const_cast<float*>(grid.values.data()), size, torch::kFloat);
  file.tensors["liver"] = torch::from_blob(const_cast<uint8_t*>(grid.liver.data()), size, torch::kByte);
  nn::write_checkpoint(path, file, false);
}

GridVolume read_grid(const fs::path& path) {
  const nn::TensorMap tensors = nn::read_checkpoint(path).tensors;
  const auto image = tensors.find("image"), liver = tensors.find("liver");
  if (image == tensors.end() || liver == tensors.end() || image->second.dim() != 3 ||
      image->second.sizes() != liver->second.sizes())
    throw Error(ErrorCode::bad_format, path.string() + " is no volume of this program; remove it and run again");
  const torch::Tensor values = image->second.contiguous(), labels = liver->second.contiguous();
  GridVolume grid;
  std::copy_n(values.sizes().begin(), 3, grid.size.begin());
  grid.values.assign(values.data_ptr<float>(), values.data_ptr<float>() + values.numel());
  grid.liver.assign(labels.data_ptr<uint8_t>(), labels.data_ptr<uint8_t>() + labels.numel());
  return grid;
}

}  // namespace

VolumeStore::VolumeStore(VolumeMixture data, const SegmentInput& input, fs::path folder, double memory_mb)
    : data_(std::move(data)), input_(input), folder_(std::move(folder)), most_bytes_(size_t(memory_mb * 1e6)) {
  input_.patch.clear();  // volumes do not depend on it
  if (!folder_.empty()) fs::create_directories(folder_);
}

std::shared_ptr<const GridVolume> VolumeStore::get(const MixtureItem& item) const {
  {
    const std::lock_guard lock(mutex_);
    const auto known =
        std::find_if(recent_.begin(), recent_.end(), [&](const auto& entry) { return entry.first == item; });
    if (known != recent_.end()) {
      recent_.splice(recent_.begin(), recent_, known);
      return known->second;
    }
  }
  std::shared_ptr<const GridVolume> volume = made(item);
  const std::lock_guard lock(mutex_);
  recent_.emplace_front(item, volume);
  bytes_ += bytes_of(*volume);
  while (bytes_ > most_bytes_ && recent_.size() > 1) {
    bytes_ -= bytes_of(*recent_.back().second);
    recent_.pop_back();
  }
  return volume;
}

std::string VolumeStore::key(const MixtureItem& item) const {
  return sha256(data_.source(item.source).key(item.index) + json_from_input(input_).dump()).substr(0, 32);
}

std::shared_ptr<const GridVolume> VolumeStore::made(const MixtureItem& item) const {
  const fs::path file = folder_.empty() ? fs::path() : folder_ / (key(item) + ".safetensors");
  GridVolume grid;
  if (!file.empty() && fs::exists(file)) {
    grid = read_grid(file);
  } else {
    grid = grid_volume(data_.get(item), input_);
    if (!file.empty()) write_grid(file, grid);
  }
  grid.count_liver();
  return std::make_shared<const GridVolume>(std::move(grid));
}

}  // namespace hepatica::train
