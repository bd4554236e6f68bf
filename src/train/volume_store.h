// Volumes on the network's grid, kept so that each is read and resampled once.
#pragma once

#include <list>
#include <memory>
#include <mutex>

#include "base/files.h"
#include "dataset/mixture.h"
#include "dataset/patch.h"
#include "stages/segment/input.h"

namespace hepatica::train {

/// Safe to use from several threads.
class VolumeStore {
 public:
  /// Made volumes lie in `folder` (empty: they are not kept on disk) by what they were made of; those used last stay in
  /// memory, up to `memory_mb`.
  VolumeStore(VolumeMixture data, const SegmentInput& input, fs::path folder, double memory_mb);

  const VolumeMixture& data() const { return data_; }
  /// The volume as inference feeds it (stages/segment/input.h). Error where its file is broken or it has no liver mask.
  std::shared_ptr<const GridVolume> get(const MixtureItem& item) const;

 private:
  std::string key(const MixtureItem& item) const;
  std::shared_ptr<const GridVolume> made(const MixtureItem& item) const;

  VolumeMixture data_;
  SegmentInput input_;
  fs::path folder_;
  size_t most_bytes_;
  mutable std::mutex mutex_;
  mutable std::list<std::pair<MixtureItem, std::shared_ptr<const GridVolume>>> recent_;  ///< the last used first
  mutable size_t bytes_ = 0;                                                             ///< of `recent_`
};

}  // namespace hepatica::train
