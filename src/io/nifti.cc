#include "io/nifti.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cctype>
#include <cmath>
#include <cstring>

#include "base/input_file.h"
#include "io/gzip.h"

namespace hepatica {
namespace {

constexpr size_t kNifti1Size = 348, kNifti2Size = 540;
/// A header's bytes with room for gzip's overhead; enough to unpack the header from.
constexpr size_t kPrefix = 1 << 16;

using Affine = std::array<std::array<double, 4>, 3>;

/// Numbers at byte positions of a header.
class HeaderBytes {
 public:
  HeaderBytes(std::string_view bytes, bool big_endian)
      : bytes_(bytes), swapped_(big_endian != (std::endian::native == std::endian::big)) {}

  template <class T>
  T get(size_t position) const {
    char ordered[sizeof(T)];
    std::memcpy(ordered, bytes_.data() + position, sizeof(T));
    if (swapped_) std::reverse(ordered, ordered + sizeof(T));
    T value;
    std::memcpy(&value, ordered, sizeof(T));
    return value;
  }

 private:
  std::string_view bytes_;
  bool swapped_;
};

/// What this program uses of either version's header.
struct Header {
  bool big_endian = false;
  bool pair = false;  ///< the voxels lie in an .img file
  std::array<int64_t, 8> dim{};
  std::array<double, 8> pixdim{};
  int datatype = 0, units = 0, qform = 0, sform = 0;
  double first_byte = 0, slope = 0, intercept = 0;
  std::array<double, 6> quaternion{};  ///< b, c, d, offset x, y, z
  Affine rows{};
};

Header parse_nifti1(const HeaderBytes& in) {
  Header h;
  for (size_t i = 0; i < 8; ++i) {
    h.dim[i] = in.get<int16_t>(40 + 2 * i);
    h.pixdim[i] = in.get<float>(76 + 4 * i);
  }
  h.datatype = in.get<int16_t>(70);
  h.first_byte = in.get<float>(108);
  h.slope = in.get<float>(112);
  h.intercept = in.get<float>(116);
  h.units = in.get<uint8_t>(123);
  h.qform = in.get<int16_t>(252);
  h.sform = in.get<int16_t>(254);
  for (size_t i = 0; i < 6; ++i) h.quaternion[i] = in.get<float>(256 + 4 * i);
  for (size_t i = 0; i < 12; ++i) h.rows[i / 4][i % 4] = in.get<float>(280 + 4 * i);
  return h;
}

Header parse_nifti2(const HeaderBytes& in) {
  Header h;
  for (size_t i = 0; i < 8; ++i) {
    h.dim[i] = in.get<int64_t>(16 + 8 * i);
    h.pixdim[i] = in.get<double>(104 + 8 * i);
  }
  h.datatype = in.get<int16_t>(12);
  h.first_byte = double(in.get<int64_t>(168));
  h.slope = in.get<double>(176);
  h.intercept = in.get<double>(184);
  h.units = in.get<int32_t>(500);
  h.qform = in.get<int32_t>(344);
  h.sform = in.get<int32_t>(348);
  for (size_t i = 0; i < 6; ++i) h.quaternion[i] = in.get<double>(352 + 8 * i);
  for (size_t i = 0; i < 12; ++i) h.rows[i / 4][i % 4] = in.get<double>(400 + 8 * i);
  return h;
}

Header parse_header(std::string_view bytes, const std::string& name) {
  const auto magic_is = [&](size_t at, std::string_view magic) { return bytes.substr(at, magic.size()) == magic; };
  for (const bool big : {false, true}) {
    const HeaderBytes in(bytes, big);
    if (bytes.size() >= kNifti1Size && in.get<int32_t>(0) == int32_t(kNifti1Size) &&
        (magic_is(344, "n+1") || magic_is(344, "ni1"))) {
      Header h = parse_nifti1(in);
      h.pair = magic_is(344, "ni1");
      h.big_endian = big;
      return h;
    }
    if (bytes.size() >= kNifti2Size && in.get<int32_t>(0) == int32_t(kNifti2Size)) {
      Header h = parse_nifti2(in);
      h.pair = magic_is(4, "ni2");
      h.big_endian = big;
      return h;
    }
  }
  throw Error(ErrorCode::bad_format, fmt::format("{} is no NIfTI file (no NIfTI-1 or NIfTI-2 header)", name));
}

StoredType stored_type(int datatype, const std::string& name) {
  switch (datatype) {
    case 2:
      return StoredType::uint8;
    case 4:
      return StoredType::int16;
    case 8:
      return StoredType::int32;
    case 16:
      return StoredType::float32;
    case 64:
      return StoredType::float64;
    case 256:
      return StoredType::int8;
    case 512:
      return StoredType::uint16;
    case 768:
      return StoredType::uint32;
    case 1024:
      return StoredType::int64;
    case 1280:
      return StoredType::uint64;
    case 128:
    case 2304:
      throw Error(ErrorCode::unsupported, fmt::format("{} holds colours; a grey volume is needed", name));
    default:
      throw Error(
          ErrorCode::unsupported,
          fmt::format(
              "{} has NIfTI data type {} (complex, 128-bit or unknown); store it as int16 or float32", name, datatype));
  }
}

std::array<int64_t, 3> spatial_size(const Header& h, const std::string& name) {
  if (h.dim[0] < 2 || h.dim[0] > 7)
    throw Error(ErrorCode::bad_format, fmt::format("{} states {} dimensions", name, h.dim[0]));
  std::array<int64_t, 3> size{h.dim[1], h.dim[2], h.dim[0] >= 3 ? h.dim[3] : 1};
  for (int64_t i = 4; i <= h.dim[0]; ++i)
    if (h.dim[size_t(i)] > 1)
      throw Error(ErrorCode::unsupported,
                  fmt::format("{} holds {} volumes (4-D); store each as a file of its own", name, h.dim[size_t(i)]));
  check_size(size, name);
  return size;
}

/// Rotation of the qform, method 2 of the standard.
Affine affine_from_quaternion(const Header& h) {
  auto [b, c, d, x, y, z] = h.quaternion;
  double a = std::sqrt(std::max(0.0, 1 - b * b - c * c - d * d));
  if (a < 3e-4) {  // a turn of 180 degrees; rounding of b, c and d must not make it another (nifti1.h does the same)
    const double length = std::hypot(b, c, d);
    a = 0, b /= length, c /= length, d /= length;
  }
  const double flip = h.pixdim[0] < 0 ? -1 : 1;
  const double di = h.pixdim[1], dj = h.pixdim[2], dk = h.pixdim[3] * flip;
  return {{{(a * a + b * b - c * c - d * d) * di, 2 * (b * c - a * d) * dj, 2 * (b * d + a * c) * dk, x},
           {2 * (b * c + a * d) * di, (a * a + c * c - b * b - d * d) * dj, 2 * (c * d - a * b) * dk, y},
           {2 * (b * d - a * c) * di, 2 * (c * d + a * b) * dj, (a * a + d * d - b * b - c * c) * dk, z}}};
}

Affine lps_affine(const Header& h) {
  Affine affine{};
  if (h.sform > 0) {
    affine = h.rows;
  } else if (h.qform > 0) {
    affine = affine_from_quaternion(h);
  } else {
    for (size_t axis = 0; axis < 3; ++axis) affine[axis][axis] = h.pixdim[axis + 1];
  }
  const int unit = h.units & 7;  // 1 is metre, 2 millimetre, 3 micrometre
  const double to_mm = unit == 1 ? 1000 : unit == 3 ? 0.001 : 1;
  for (size_t row = 0; row < 3; ++row)
    for (double& value : affine[row]) value *= row < 2 ? -to_mm : to_mm;  // RAS to LPS
  return affine;
}

std::string read_prefix(const fs::path& path) {
  const InputFile file(path);
  std::string bytes(kPrefix, '\0');
  bytes.resize(file.read(0, bytes.data(), bytes.size()));
  return bytes;
}

std::string unpacked(std::string bytes, const std::string& name, size_t at_most = size_t(-1)) {
  return is_gzip(bytes) ? gunzip(bytes, name, at_most) : bytes;
}

/// x.hdr to x.img, x.hdr.gz to x.img.gz, keeping what is there.
fs::path voxels_of_pair(const fs::path& header) {
  std::string text = header.string();
  const size_t at = text.rfind(".hdr");
  if (at == std::string::npos)
    throw Error(ErrorCode::bad_format, fmt::format("{} says that its voxels lie in an .img file", text));
  text.replace(at, 4, ".img");
  if (!fs::exists(text) && fs::exists(text + ".gz")) text += ".gz";
  return text;
}

template <class T>
void put(std::string& header, size_t position, T value) {
  static_assert(std::endian::native == std::endian::little);
  std::memcpy(header.data() + position, &value, sizeof(T));
}

/// Quaternion (b, c, d) of a rotation, and -1 where it holds a reflection of the third axis.
/// By the largest component, as in nifti1.h, so that rotations of 180 degrees are exact.
std::pair<std::array<double, 3>, double> quaternion_of(Affine r) {
  const double determinant = r[0][0] * (r[1][1] * r[2][2] - r[1][2] * r[2][1]) -
                             r[0][1] * (r[1][0] * r[2][2] - r[1][2] * r[2][0]) +
                             r[0][2] * (r[1][0] * r[2][1] - r[1][1] * r[2][0]);
  const double flip = determinant < 0 ? -1 : 1;
  for (auto& row : r) row[2] *= flip;
  double a = r[0][0] + r[1][1] + r[2][2] + 1, b, c, d;
  if (a > 0.5) {
    a = 0.5 * std::sqrt(a);
    b = 0.25 * (r[2][1] - r[1][2]) / a;
    c = 0.25 * (r[0][2] - r[2][0]) / a;
    d = 0.25 * (r[1][0] - r[0][1]) / a;
  } else {
    const double xd = 1 + r[0][0] - r[1][1] - r[2][2], yd = 1 + r[1][1] - r[0][0] - r[2][2],
                 zd = 1 + r[2][2] - r[0][0] - r[1][1];
    if (xd >= yd && xd >= zd) {
      b = 0.5 * std::sqrt(xd);
      c = 0.25 * (r[0][1] + r[1][0]) / b;
      d = 0.25 * (r[0][2] + r[2][0]) / b;
      a = 0.25 * (r[2][1] - r[1][2]) / b;
    } else if (yd >= zd) {
      c = 0.5 * std::sqrt(yd);
      b = 0.25 * (r[0][1] + r[1][0]) / c;
      d = 0.25 * (r[1][2] + r[2][1]) / c;
      a = 0.25 * (r[0][2] - r[2][0]) / c;
    } else {
      d = 0.5 * std::sqrt(zd);
      b = 0.25 * (r[0][2] + r[2][0]) / d;
      c = 0.25 * (r[1][2] + r[2][1]) / d;
      a = 0.25 * (r[1][0] - r[0][1]) / d;
    }
    if (a < 0) b = -b, c = -c, d = -d;
  }
  return {{b, c, d}, flip};
}

}  // namespace

bool is_nifti_name(const fs::path& path) {
  std::string name = path.filename().string();
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return char(std::tolower(c)); });
  return name.ends_with(".nii") || name.ends_with(".nii.gz") || name.ends_with(".hdr") || name.ends_with(".hdr.gz");
}

StoredImage read_nifti(const fs::path& path, bool header_only) {
  StoredImage image;
  image.name = path.string();
  const Header h = parse_header(unpacked(read_prefix(path), image.name, kNifti2Size), image.name);
  image.type = stored_type(h.datatype, image.name);
  image.geometry = geometry_from_affine(lps_affine(h), spatial_size(h, image.name), image.name);
  image.big_endian = h.big_endian;
  if (std::isfinite(h.slope) && h.slope != 0) {
    image.slope = h.slope;
    image.intercept = std::isfinite(h.intercept) ? h.intercept : 0;
  }
  if (header_only) return image;
  image.first_byte = h.first_byte > 0 && h.first_byte < 1e15 ? size_t(h.first_byte) : 0;
  image.bytes = unpacked(read_file(h.pair ? voxels_of_pair(path) : path), image.name);
  return image;
}

std::string nifti_bytes(const Geometry& geometry, StoredType type, std::string_view values) {
  constexpr size_t kFirstByte = 352;
  std::string bytes(kFirstByte, '\0');
  put<int32_t>(bytes, 0, int32_t(kNifti1Size));
  put<char>(bytes, 38, 'r');
  put<int16_t>(bytes, 40, 3);
  for (size_t i = 0; i < 7; ++i) put<int16_t>(bytes, 42 + 2 * i, i < 3 ? int16_t(geometry.size[i]) : int16_t(1));
  put<int16_t>(bytes, 70, type == StoredType::uint8 ? 2 : type == StoredType::int16 ? 4 : 16);
  put<int16_t>(bytes, 72, int16_t(8 * size_of(type)));
  Affine unit{};
  for (size_t row = 0; row < 3; ++row) {
    const double sign = row < 2 ? -1 : 1;  // LPS to RAS
    for (size_t axis = 0; axis < 3; ++axis) {
      unit[row][axis] = sign * geometry.direction[row][axis];
      put<float>(bytes, 280 + 16 * row + 4 * axis, float(unit[row][axis] * geometry.spacing[axis]));
    }
    put<float>(bytes, 280 + 16 * row + 12, float(sign * geometry.origin[row]));
    put<float>(bytes, 268 + 4 * row, float(sign * geometry.origin[row]));
    put<float>(bytes, 80 + 4 * row, float(geometry.spacing[row]));
  }
  const auto [quaternion, flip] = quaternion_of(unit);
  put<float>(bytes, 76, float(flip));
  for (size_t i = 0; i < 3; ++i) put<float>(bytes, 256 + 4 * i, float(quaternion[i]));
  put<float>(bytes, 108, float(kFirstByte));
  put<float>(bytes, 112, 1.0f);  // scl_slope
  put<char>(bytes, 123, 2);      // millimetres
  put<int16_t>(bytes, 252, 1);   // qform, sform: scanner coordinates
  put<int16_t>(bytes, 254, 1);
  std::memcpy(bytes.data() + 344, "n+1", 4);
  bytes.append(values);
  return bytes;
}

}  // namespace hepatica
