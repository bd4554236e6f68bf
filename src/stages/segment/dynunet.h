// Component `dynunet`: the liver by a U-Net of MONAI's DynUNet layout, slice by slice or in 3D, or by 3DUnetCNN's
// residual U-Net.
// LiLNet names 3DUnetCNN for this step without a configuration or weights (Nat Commun 2024, Methods).
#pragma once

#include <memory>

#include "engine/predictor.h"
#include "stages/segment/cleanup.h"
#include "stages/segment/input.h"
#include "study/stages.h"

namespace hepatica {

/// Block `stages.segment.options`.
struct SegmentOptions {
  SegmentInput input;         ///< block `input`; used where the checkpoint does not say its own
  int64_t batch = 8;          ///< slices, or patches of slices, a call; patches in space go one by one
  double slice_step_mm = 2;   ///< of thin slices only every n-th is looked at, at most this far apart; 2D alone
  std::vector<double> patch;  ///< patch of the sliding window, one size an axis (D, H, W or H, W); empty: in 3D the
                              ///< checkpoint's own, else 128 each, in 2D whole slices
  double overlap = 0.5;       ///< of patches
  /// Looks at small bodies enlarged to an adult's size (study/body_size.h), so that a network and the distances and
  /// volumes here, which are an adult's, serve children.
  bool fit_to_body = false;
  CleanupOptions cleanup;
};

SegmentOptions read_segment_options(const Block& block);

/// Error{wrong_checkpoint} where the network is neither, or not with one input and one output channel.
std::unique_ptr<Segmenter> make_dynunet_segmenter(std::shared_ptr<Predictor> predictor, const SegmentOptions& options);

}  // namespace hepatica
