#include "io/volume_file.h"

#include <fmt/format.h>
#include <itkImageIOBase.h>
#include <itkNrrdImageIO.h>

#include <algorithm>
#include <cctype>

#include "io/gzip.h"
#include "io/meta_image.h"
#include "io/nifti.h"

namespace hepatica {
namespace {

constexpr int kGzipLevel = 1;  // the higher ones take five times as long for a few per cent of HU

std::string lower_name(const fs::path& path) {
  std::string name = path.filename().string();
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return char(std::tolower(c)); });
  return name;
}

bool is_nrrd_name(const std::string& name) { return name.ends_with(".nrrd") || name.ends_with(".nhdr"); }
bool is_meta_name(const std::string& name) { return name.ends_with(".mha") || name.ends_with(".mhd"); }

StoredType stored_type(itk::ImageIOBase::IOComponentEnum type, const std::string& name) {
  using Type = itk::ImageIOBase::IOComponentEnum;
  switch (type) {
    case Type::UCHAR:
      return StoredType::uint8;
    case Type::CHAR:
      return StoredType::int8;
    case Type::USHORT:
      return StoredType::uint16;
    case Type::SHORT:
      return StoredType::int16;
    case Type::UINT:
      return StoredType::uint32;
    case Type::INT:
      return StoredType::int32;
    case Type::ULONG:
    case Type::ULONGLONG:
      return StoredType::uint64;
    case Type::LONG:
    case Type::LONGLONG:
      return StoredType::int64;
    case Type::FLOAT:
      return StoredType::float32;
    case Type::DOUBLE:
      return StoredType::float64;
    default:
      throw Error(ErrorCode::unsupported, fmt::format("{} stores its voxels in a type that is not read here", name));
  }
}

/// Grid and type after ReadImageInformation.
StoredImage image_of_header(const itk::ImageIOBase& io, const std::string& name) {
  StoredImage image;
  image.name = name;
  const unsigned dimensions = io.GetNumberOfDimensions();
  if (io.GetNumberOfComponents() != 1)
    throw Error(ErrorCode::unsupported,
                fmt::format("{} holds {} values a voxel (colours or vectors); a grey volume is needed",
                            name,
                            io.GetNumberOfComponents()));
  std::array<int64_t, 3> size{1, 1, 1};
  std::array<std::array<double, 4>, 3> affine{{{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}}};
  for (unsigned axis = 0; axis < dimensions; ++axis) {
    if (axis >= 3) {
      if (io.GetDimensions(axis) > 1)
        throw Error(
            ErrorCode::unsupported,
            fmt::format("{} holds {} volumes (4-D); store each as a file of its own", name, io.GetDimensions(axis)));
      continue;
    }
    size[axis] = int64_t(io.GetDimensions(axis));
    const auto direction = io.GetDirection(axis);
    for (unsigned row = 0; row < std::min(3u, dimensions); ++row)
      affine[row][axis] = direction[row] * io.GetSpacing(axis);
    affine[axis][3] = io.GetOrigin(axis);
  }
  check_size(size, name);
  image.geometry = geometry_from_affine(affine, size, name);
  image.type = stored_type(io.GetComponentType(), name);
  return image;
}

StoredImage read_with_itk(itk::ImageIOBase& io, const fs::path& path, bool header_only) {
  itk::Object::GlobalWarningDisplayOff();
  StoredImage image;
  try {
    io.SetFileName(path.string());
    io.ReadImageInformation();
    image = image_of_header(io, path.string());
    if (header_only) return image;
    itk::ImageIORegion region(io.GetNumberOfDimensions());
    for (unsigned axis = 0; axis < io.GetNumberOfDimensions(); ++axis) region.SetSize(axis, io.GetDimensions(axis));
    io.SetIORegion(region);
    image.bytes.resize(image.geometry.voxel_count() * size_of(image.type));
    io.Read(image.bytes.data());
  } catch (const itk::ExceptionObject& error) {
    throw Error(
        ErrorCode::bad_format,
        fmt::format("{} is truncated, corrupt or of another format: {}", path.string(), error.GetDescription()));
  }
  return image;
}

StoredImage read_stored(const fs::path& path, bool header_only) {
  if (!fs::is_regular_file(path))
    throw Error(ErrorCode::not_found, fmt::format("cannot read {}: no such readable file", path.string()));
  const std::string name = lower_name(path);
  if (is_nifti_name(path)) return read_nifti(path, header_only);
  if (is_nrrd_name(name)) return read_with_itk(*itk::NrrdImageIO::New(), path, header_only);
  if (is_meta_name(name)) return read_meta_image(path, header_only);
  throw Error(ErrorCode::unsupported,
              fmt::format("{}: volumes are read from .nii, .nii.gz, .hdr, .nrrd, .nhdr, .mha and .mhd", path.string()));
}

std::string nrrd_bytes(const Geometry& g, StoredType type, std::string_view values) {
  const std::string name = type == StoredType::uint8 ? "uint8" : type == StoredType::int16 ? "int16" : "float";
  const auto axis = [&](int a) {
    return fmt::format("({},{},{})",
                       g.direction[0][a] * g.spacing[a],
                       g.direction[1][a] * g.spacing[a],
                       g.direction[2][a] * g.spacing[a]);
  };
  return fmt::format(
             "NRRD0004\ntype: {}\ndimension: 3\nspace: left-posterior-superior\nsizes: {} {} {}\n"
             "space directions: {} {} {}\nkinds: domain domain domain\nendian: little\nencoding: gzip\n"
             "space origin: ({},{},{})\n\n",
             name,
             g.size[0],
             g.size[1],
             g.size[2],
             axis(0),
             axis(1),
             axis(2),
             g.origin[0],
             g.origin[1],
             g.origin[2]) +
         gzip(values, kGzipLevel);
}

template <class T>
void write_stored(const fs::path& path, const Volume<T>& volume, StoredType type) {
  const std::string_view values(reinterpret_cast<const char*>(volume.values().data()), volume.values().size_bytes());
  const Geometry& geometry = volume.geometry();
  const std::string name = lower_name(path);
  if (name.ends_with(".nii.gz")) return write_file(path, gzip(nifti_bytes(geometry, type, values), kGzipLevel));
  if (name.ends_with(".nii")) return write_file(path, nifti_bytes(geometry, type, values));
  if (name.ends_with(".nrrd")) return write_file(path, nrrd_bytes(geometry, type, values));
  if (name.ends_with(".mha")) return write_file(path, meta_image_bytes(geometry, type, values));
  throw Error(ErrorCode::unsupported,
              fmt::format("{}: volumes are written as .nii, .nii.gz, .nrrd or .mha", path.string()));
}

}  // namespace

bool is_volume_name(const fs::path& path) {
  const std::string name = lower_name(path);
  return is_nifti_name(path) || is_nrrd_name(name) || is_meta_name(name);
}

Volume<int16_t> read_volume(const fs::path& path) { return hu_from_stored(read_stored(path, false)); }
Mask read_mask(const fs::path& path) { return mask_from_stored(read_stored(path, false)); }
Geometry read_geometry(const fs::path& path) { return read_stored(path, true).geometry; }

void write_volume(const fs::path& path, const Volume<int16_t>& volume) {
  write_stored(path, volume, StoredType::int16);
}
void write_volume(const fs::path& path, const Volume<float>& volume) {
  write_stored(path, volume, StoredType::float32);
}
void write_mask(const fs::path& path, const Mask& mask) { write_stored(path, mask, StoredType::uint8); }

}  // namespace hepatica
