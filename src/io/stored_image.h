// Voxels as a file stores them, of any type and byte order, and their conversion to HU or labels.
#pragma once

#include <string>

#include "image/volume.h"

namespace hepatica {

enum class StoredType { int8, uint8, int16, uint16, int32, uint32, int64, uint64, float32, float64 };

/// Bytes of one voxel.
size_t size_of(StoredType type);

/// The voxels of one file with their geometry; real value = stored value * slope + intercept.
struct StoredImage {
  Geometry geometry;
  StoredType type = StoredType::int16;
  bool big_endian = false;
  double slope = 1, intercept = 0;
  std::string bytes;      ///< i fastest, then j, then k; from `first_byte` on
  size_t first_byte = 0;  ///< bytes before are the file's header
  std::string name;       ///< of the file, for error texts
};

/// HU, rounded to the nearest whole number and clamped to int16. Error{bad_values} where voxels are not finite (with
/// their number).
Volume<int16_t> hu_from_stored(const StoredImage& image);

/// Labels. Error{bad_values} where a value is not a whole number of 0..255.
Mask mask_from_stored(const StoredImage& image);

/// A geometry from an index-to-world matrix in LPS (mm): affine[row] = {axis i, axis j, axis k, translation}.
/// Error{bad_geometry} where the axes are sheared (more than 1e-3 from orthogonal), of zero length or not finite;
/// `name` is the file's, for the text.
Geometry geometry_from_affine(const std::array<std::array<double, 4>, 3>& affine,
                              const std::array<int64_t, 3>& size,
                              const std::string& name);

/// Refuses sizes below 1 and volumes of more than 2^32 voxels with Error{bad_geometry}.
void check_size(const std::array<int64_t, 3>& size, const std::string& name);

}  // namespace hepatica
