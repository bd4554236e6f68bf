#include "io/stored_image.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace hepatica {
namespace {

template <class T>
T load(const char* bytes, bool swapped) {
  char ordered[sizeof(T)];
  std::memcpy(ordered, bytes, sizeof(T));
  if (swapped) std::reverse(ordered, ordered + sizeof(T));
  T value;
  std::memcpy(&value, ordered, sizeof(T));
  return value;
}

template <class T, class Use>
void each_value_as(const StoredImage& image, const Use& use) {
  const bool swapped = image.big_endian != (std::endian::native == std::endian::big);
  const char* bytes = image.bytes.data() + image.first_byte;
  const size_t count = image.geometry.voxel_count();
  for (size_t i = 0; i < count; ++i)
    use(i, double(load<T>(bytes + i * sizeof(T), swapped)) * image.slope + image.intercept);
}

/// use(index, real value) for each voxel.
template <class Use>
void each_value(const StoredImage& image, const Use& use) {
  switch (image.type) {
    case StoredType::int8:
      return each_value_as<int8_t>(image, use);
    case StoredType::uint8:
      return each_value_as<uint8_t>(image, use);
    case StoredType::int16:
      return each_value_as<int16_t>(image, use);
    case StoredType::uint16:
      return each_value_as<uint16_t>(image, use);
    case StoredType::int32:
      return each_value_as<int32_t>(image, use);
    case StoredType::uint32:
      return each_value_as<uint32_t>(image, use);
    case StoredType::int64:
      return each_value_as<int64_t>(image, use);
    case StoredType::uint64:
      return each_value_as<uint64_t>(image, use);
    case StoredType::float32:
      return each_value_as<float>(image, use);
    case StoredType::float64:
      return each_value_as<double>(image, use);
  }
}

void check_length(const StoredImage& image) {
  const size_t needed = image.geometry.voxel_count() * size_of(image.type);
  const size_t present = image.bytes.size() - std::min(image.first_byte, image.bytes.size());
  if (present < needed)
    throw Error(ErrorCode::bad_format,
                fmt::format("{} is truncated: its header states {} bytes of voxels, {} are there; copy the file again",
                            image.name,
                            needed,
                            present));
}

double dot(const Geometry& g, int a, int b) {
  const auto& d = g.direction;
  return d[0][a] * d[0][b] + d[1][a] * d[1][b] + d[2][a] * d[2][b];
}

/// Gram-Schmidt: takes away the rounding of the stored numbers, and tells how sheared the axes were.
void make_orthonormal(Geometry& geometry, const std::string& name) {
  constexpr double kTolerance = 1e-3;
  auto& d = geometry.direction;
  for (int axis = 1; axis < 3; ++axis) {
    for (int before = 0; before < axis; ++before) {
      const double cosine = dot(geometry, axis, before);
      if (std::abs(cosine) > kTolerance)
        throw Error(ErrorCode::bad_geometry,
                    fmt::format("{}: its axes {} and {} are not at right angles (cosine {:.4f}), as after an "
                                "uncorrected gantry tilt; resample it to a rectangular grid",
                                name,
                                "ijk"[before],
                                "ijk"[axis],
                                cosine));
      for (int row = 0; row < 3; ++row) d[row][axis] -= cosine * d[row][before];
    }
    const double length = std::sqrt(dot(geometry, axis, axis));
    for (int row = 0; row < 3; ++row) d[row][axis] /= length;
  }
}

}  // namespace

size_t size_of(StoredType type) {
  static constexpr size_t kSizes[] = {1, 1, 2, 2, 4, 4, 8, 8, 4, 8};
  return kSizes[size_t(type)];
}

Volume<int16_t> hu_from_stored(const StoredImage& image) {
  check_length(image);
  Volume<int16_t> volume(image.geometry);
  const auto values = volume.values();
  const bool native = image.big_endian == (std::endian::native == std::endian::big);
  if (image.type == StoredType::int16 && native && image.slope == 1 && image.intercept == 0) {
    std::memcpy(values.data(), image.bytes.data() + image.first_byte, values.size_bytes());
    return volume;
  }
  size_t not_finite = 0;
  constexpr double kLow = std::numeric_limits<int16_t>::min(), kHigh = std::numeric_limits<int16_t>::max();
  each_value(image, [&](size_t i, double value) {
    if (!std::isfinite(value))
      ++not_finite;
    else
      values[i] = int16_t(std::floor(std::clamp(value, kLow, kHigh) + 0.5));
  });
  if (not_finite)
    throw Error(ErrorCode::bad_values,
                fmt::format("{}: {} of {} voxels are not finite numbers (NaN or infinity); replace them, for CT by "
                            "-1024",
                            image.name,
                            not_finite,
                            values.size()));
  return volume;
}

Mask mask_from_stored(const StoredImage& image) {
  check_length(image);
  Mask mask(image.geometry);
  const auto values = mask.values();
  size_t wrong = 0;
  double example = 0;
  each_value(image, [&](size_t i, double value) {
    if (value >= 0 && value <= 255 && value == std::floor(value)) {
      values[i] = uint8_t(value);
    } else {
      if (!wrong) example = value;
      ++wrong;
    }
  });
  if (wrong)
    throw Error(ErrorCode::bad_values,
                fmt::format("{}: {} voxels are not whole numbers of 0 to 255 (such as {}), so this is no label mask",
                            image.name,
                            wrong,
                            example));
  return mask;
}

Geometry geometry_from_affine(const std::array<std::array<double, 4>, 3>& affine,
                              const std::array<int64_t, 3>& size,
                              const std::string& name) {
  Geometry geometry;
  geometry.size = size;
  for (int axis = 0; axis < 3; ++axis) {
    const double length = std::hypot(affine[0][axis], affine[1][axis], affine[2][axis]);
    if (!(length > 1e-6) || !std::isfinite(length))
      throw Error(
          ErrorCode::bad_geometry,
          fmt::format("{}: the voxel size along {} is {} mm; correct the file's affine", name, "ijk"[axis], length));
    geometry.spacing[axis] = length;
    for (int row = 0; row < 3; ++row) geometry.direction[row][axis] = affine[row][axis] / length;
  }
  for (int row = 0; row < 3; ++row) {
    geometry.origin[row] = affine[row][3];
    if (!std::isfinite(affine[row][3]))
      throw Error(ErrorCode::bad_geometry, fmt::format("{}: the position of its first voxel is not finite", name));
  }
  make_orthonormal(geometry, name);
  return geometry;
}

void check_size(const std::array<int64_t, 3>& size, const std::string& name) {
  double count = 1;
  for (const int64_t n : size) count *= n < 1 || n > 65536 ? 0 : double(n);
  if (count == 0 || count > 4294967296.0)
    throw Error(ErrorCode::bad_geometry,
                fmt::format("{}: a grid of {} x {} x {} voxels cannot be used", name, size[0], size[1], size[2]));
}

}  // namespace hepatica
