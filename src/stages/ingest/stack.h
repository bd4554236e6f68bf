// From the positions of a stack's frames to the grid of its volume, with what has to be repaired.
#pragma once

#include "image/volume.h"
#include "stages/ingest/frames.h"

namespace hepatica {

/// Limits of repair; beyond them a stack is refused.
struct StackLimits {
  double max_gap_mm = 10.0;           ///< longest distance between neighbouring slices that is interpolated
  int max_missing_run = 2;            ///< most slices missing in a row
  double max_missing_fraction = 0.2;  ///< of all slices
};

/// How one slice of the volume comes from frames: (1 - fraction) x lower + fraction x upper.
struct SliceBlend {
  size_t lower = 0, upper = 0;
  double fraction = 0;
};

/// What to read for a volume.
struct StackPlan {
  Geometry geometry;             ///< k ascends along the normal
  std::vector<FrameRef> frames;  ///< sorted by position along the normal
  std::vector<SliceBlend> slices;
  /// Per frame: where its first pixel lies on the volume's grid, in pixels along i and j; empty where all are 0.
  std::vector<std::array<double, 2>> shifts;
  std::vector<std::string> warnings;

  /// Every slice is one frame, unchanged.
  bool is_plain() const;
};

/// Sorts by position, never by instance number. Even spacing is kept; missing slices are interpolated; uneven spacing
/// is resampled along the normal; a tilted gantry or moved slices are resampled in plane (shear). Error{bad_geometry}
/// where that would not be sound. Frames must have passed `refusal_of`.
StackPlan plan_stack(const FrameStack& stack, const StackLimits& limits = {});

/// Reads the voxels over all threads. A few slices that cannot be decoded are taken from their neighbours and logged;
/// Error{bad_format} where they are more than a tenth. Thread-safe.
Volume<int16_t> load_stack(const StackPlan& plan);

/// The same at every `step`-th slice: for a look at the whole without reading all of it.
Volume<int16_t> load_stack_sparsely(const StackPlan& plan, int64_t step);

}  // namespace hepatica
