#include "io/dicom_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "io/dicom_read.h"
#include "io/dicom_read_pixels.h"
#include "io/stored_image.h"

namespace hepatica {
namespace {

/// One slice of a folder.
struct Slice {
  DicomImage image;
  double depth = 0;  ///< mm along the slices' normal
};

double along(const Vec3& position, const Geometry& g) {
  return position[0] * g.direction[0][2] + position[1] * g.direction[1][2] + position[2] * g.direction[2][2];
}

std::vector<Slice> slices_of(const fs::path& folder) {
  std::vector<Slice> slices;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    auto image = read_dicom_header(entry.path());
    if (image && image->frames.size() == 1 && image->frames[0].position) slices.push_back({std::move(*image), 0});
  }
  const auto other = std::find_if(slices.begin(), slices.end(), [&](const Slice& slice) {
    return slice.image.series_uid != slices[0].image.series_uid;
  });
  if (other != slices.end())
    throw Error(ErrorCode::bad_geometry,
                fmt::format("{} and {} are of two series; name a folder with one series alone",
                            slices[0].image.file.string(),
                            other->image.file.string()));
  if (slices.empty())
    throw Error(ErrorCode::no_images, fmt::format("{} holds no DICOM slices that form a volume", folder.string()));
  return slices;
}

/// The grid's directions and spacing in plane from one slice.
Geometry plane_of(const DicomImage& image) {
  const DicomFrame& frame = image.frames[0];
  const std::string name = image.file.string();
  if (!frame.orientation || !frame.spacing)
    throw Error(ErrorCode::bad_geometry, fmt::format("{} states no orientation or no pixel spacing", name));
  const auto& c = *frame.orientation;
  std::array<std::array<double, 4>, 3> affine{};
  for (size_t row = 0; row < 3; ++row) {
    const size_t a = (row + 1) % 3, b = (row + 2) % 3;
    affine[row] = {c[row] * (*frame.spacing)[1],
                   c[3 + row] * (*frame.spacing)[0],
                   c[a] * c[3 + b] - c[b] * c[3 + a],
                   (*frame.position)[row]};
  }
  const std::array<int64_t, 3> size{image.format.columns, image.format.rows, 1};
  check_size(size, name);
  return geometry_from_affine(affine, size, name);
}

/// Sorts the slices from the first along the normal, and gives their grid.
Geometry sort_slices(std::vector<Slice>& slices, const fs::path& folder) {
  Geometry g = plane_of(slices[0].image);
  for (Slice& slice : slices) {
    if (slice.image.format.rows != g.size[1] || slice.image.format.columns != g.size[0])
      throw Error(ErrorCode::bad_geometry,
                  fmt::format("{} and {} differ in size", slices[0].image.file.string(), slice.image.file.string()));
    slice.depth = along(*slice.image.frames[0].position, g);
  }
  std::sort(slices.begin(), slices.end(), [](const Slice& a, const Slice& b) { return a.depth < b.depth; });
  g.origin = *slices[0].image.frames[0].position;
  g.size[2] = int64_t(slices.size());
  if (slices.size() > 1) g.spacing[2] = (slices.back().depth - slices[0].depth) / double(slices.size() - 1);
  for (size_t k = 0; k < slices.size(); ++k)
    if (!(g.spacing[2] > 0) ||
        std::abs(slices[k].depth - slices[0].depth - double(k) * g.spacing[2]) > 0.1 * g.spacing[2])
      throw Error(
          ErrorCode::bad_geometry,
          fmt::format("the slices of {} are not evenly spaced: one is missing or twice there", folder.string()));
  return g;
}

}  // namespace

Volume<int16_t> read_dicom_folder(const fs::path& folder) {
  std::vector<Slice> slices = slices_of(folder);
  Volume<int16_t> volume(sort_slices(slices, folder));
  for (size_t k = 0; k < slices.size(); ++k)
    DicomFrameReader(slices[k].image).read(slices[k].image.frames[0], volume.slice(int64_t(k)));
  return volume;
}

Geometry read_dicom_folder_geometry(const fs::path& folder) {
  std::vector<Slice> slices = slices_of(folder);
  return sort_slices(slices, folder);
}

}  // namespace hepatica
