// DICOM files: any bytes give a header, pixels, segments or file names, or an Error.
#include <algorithm>

#include "input_path.h"
#include "io/dicom_read.h"
#include "io/dicom_read_pixels.h"
#include "io/dicom_seg_read.h"

namespace hepatica {
namespace {

/// Larger images only take time.
constexpr int64_t kMostPixels = 1 << 22;

void read_pixels(const DicomImage& image) {
  const int64_t pixels = image.format.rows * image.format.columns;
  if (pixels > kMostPixels) return;
  DicomFrameReader reader(image);
  std::vector<int16_t> hu(static_cast<size_t>(pixels));
  for (size_t f = 0; f < std::min<size_t>(image.frames.size(), 3); ++f)
    may_refuse([&] { reader.read(image.frames[f], hu); });
}

}  // namespace
}  // namespace hepatica

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace hepatica;
  const fs::path path = input_path(data, size, "image.dcm");
  may_refuse([&] {
    const auto image = read_dicom_header(path);
    if (image && !image->frames.empty()) read_pixels(*image);
  });
  may_refuse([&] {
    const Segmentation segmentation = read_dicom_seg(path);
    if (!segmentation.segments.empty()) segmentation.mask_of(segmentation.segments.front().number);
  });
  may_refuse([&] { files_of_dicomdir(path); });
  return 0;
}
