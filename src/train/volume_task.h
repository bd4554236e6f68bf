// Training of the liver segmenter on patches of whole volumes.
#pragma once

#include <memory>

#include "dataset/patch.h"
#include "nn/losses.h"
#include "train/task.h"
#include "train/volume_store.h"

namespace hepatica::train {

struct VolumeTaskOptions {
  nn::Graph network;   ///< 3D, one channel in, one logit out
  SegmentInput input;  ///< its `patch` is the patch that is learned from
  PatchOptions patch;  ///< its `size` follows `input.patch`
  nn::DiceOptions loss;
  double overlap = 0.5;     ///< of the patches of the sliding window on validation volumes
  fs::path cache;           ///< folder for volumes on the network's grid; empty: they are not kept
  double memory_mb = 4000;  ///< volumes kept in memory
};

/// By how much the network shrinks its input at most, along each axis.
std::vector<int64_t> largest_shrinkage(const nn::Graph& network);

/// Reads `foreground`, `jitter`, `augment`, `overlap`, `memory_mb`, `cross_entropy` and `dice_by_batch` for a network
/// and its input. Error{bad_recipe} where the network is no segmenter of volumes, or where the sides of the patch are
/// no multiples of what the network shrinks them by.
VolumeTaskOptions volume_task_options(OptionReader& reader, nn::Graph network, SegmentInput input);

/// An item is a volume, and gives one patch each time it is drawn. Dice plus binary cross entropy with deep
/// supervision (train/supervised_loss.h). The figures are the Dice of whole volumes by the sliding window of inference,
/// on the network's grid and before any clean-up: the mean over each source's volumes, and the lowest of all; the score
/// is the mean over the sources.
std::unique_ptr<Task> make_volume_task(VolumeMixture data, VolumeTaskOptions options);

}  // namespace hepatica::train
