// Frames of DICOM images, sorted into stacks that are one volume each.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "io/dicom_read.h"

namespace hepatica {

/// One frame of one file.
struct FrameRef {
  std::shared_ptr<const DicomImage> image;
  size_t index = 0;

  const DicomFrame& frame() const { return image->frames[index]; }
};

/// Frames that belong to one volume, in no particular order.
struct FrameStack {
  std::vector<FrameRef> frames;
  std::vector<std::string> warnings;
};

/// Splits the frames of one series where it holds several volumes: by size, orientation, pixel spacing and kind of
/// image, and where positions repeat by what tells the repeats apart (temporal position, acquisition, echo, times).
/// Copies of one instance, and single repeats that nothing tells apart, are dropped with a warning.
std::vector<FrameStack> split_series(std::vector<FrameRef> frames);

/// Why an image is none to diagnose from (a localizer, a dose screen, another modality); nullopt where it may be.
std::optional<std::string> refusal_of(const FrameRef& frame, const std::string& series_description);

/// Unit normal of a frame's plane, row x column; nullopt where the orientation is missing or not orthonormal.
std::optional<Vec3> normal_of(const DicomFrame& frame);

}  // namespace hepatica
