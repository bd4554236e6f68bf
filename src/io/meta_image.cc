#include "io/meta_image.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <vector>

#include "io/gzip.h"

namespace hepatica {
namespace {

struct Header {
  std::map<std::string, std::string> fields;
  size_t size = 0;  ///< bytes up to the end of the ElementDataFile line
};

std::string trimmed(const std::string& text) {
  const size_t first = text.find_first_not_of(" \t\r");
  return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

Header parse_header(const std::string& bytes, const std::string& name) {
  Header header;
  while (header.size < bytes.size() && header.size < 1 << 16) {
    const size_t end = std::min(bytes.find('\n', header.size), bytes.size());
    const std::string line = bytes.substr(header.size, end - header.size);
    header.size = std::min(end + 1, bytes.size());
    const size_t equals = line.find('=');
    if (equals == std::string::npos) break;
    const std::string key = trimmed(line.substr(0, equals));
    header.fields[key] = trimmed(line.substr(equals + 1));
    if (key == "ElementDataFile") return header;
  }
  throw Error(ErrorCode::bad_format, fmt::format("{} is no MetaImage file (no header up to ElementDataFile)", name));
}

/// The fields of a header with their fall-backs.
class Fields {
 public:
  Fields(const Header& header, const std::string& name) : fields_(header.fields), name_(name) {}

  /// The first of the keys that is there, or empty.
  std::string text(std::initializer_list<const char*> keys) const {
    for (const char* key : keys)
      if (const auto found = fields_.find(key); found != fields_.end()) return found->second;
    return {};
  }

  bool is_true(std::initializer_list<const char*> keys) const {
    const std::string value = text(keys);
    return !value.empty() && (value[0] == 'T' || value[0] == 't' || value[0] == '1');
  }

  /// `fallback` where none of the keys is there.
  std::vector<double> numbers(std::initializer_list<const char*> keys, std::vector<double> fallback) const {
    const std::string value = text(keys);
    if (value.empty()) return fallback;
    std::istringstream in(value);
    std::vector<double> numbers;
    for (double number; in >> number;) numbers.push_back(number);
    if (numbers.size() < fallback.size())
      throw Error(ErrorCode::bad_format, fmt::format("{}: {} = {} has too few numbers", name_, *keys.begin(), value));
    return numbers;
  }

 private:
  const std::map<std::string, std::string>& fields_;
  const std::string& name_;
};

StoredType stored_type(const std::string& type, const std::string& name) {
  static const std::map<std::string, StoredType> kTypes{{"MET_CHAR", StoredType::int8},
                                                        {"MET_UCHAR", StoredType::uint8},
                                                        {"MET_SHORT", StoredType::int16},
                                                        {"MET_USHORT", StoredType::uint16},
                                                        {"MET_INT", StoredType::int32},
                                                        {"MET_UINT", StoredType::uint32},
                                                        {"MET_LONG", StoredType::int32},
                                                        {"MET_ULONG", StoredType::uint32},
                                                        {"MET_LONG_LONG", StoredType::int64},
                                                        {"MET_ULONG_LONG", StoredType::uint64},
                                                        {"MET_FLOAT", StoredType::float32},
                                                        {"MET_DOUBLE", StoredType::float64}};
  const auto found = kTypes.find(type);
  if (found == kTypes.end())
    throw Error(ErrorCode::unsupported, fmt::format("{}: voxels of type '{}' are not read here", name, type));
  return found->second;
}

Geometry geometry_of(const Fields& fields, const std::string& name) {
  const std::vector<double> dimensions = fields.numbers({"NDims"}, {0});
  const auto n = size_t(dimensions[0]);
  if (n < 2 || n > 4) throw Error(ErrorCode::bad_format, fmt::format("{} states {} dimensions", name, dimensions[0]));
  const std::vector<double> size = fields.numbers({"DimSize"}, std::vector<double>(n, 0));
  if (n == 4 && size[3] > 1)
    throw Error(ErrorCode::unsupported,
                fmt::format("{} holds {} volumes (4-D); store each as a file of its own", name, size[3]));
  if (fields.numbers({"ElementNumberOfChannels"}, {1})[0] != 1)
    throw Error(ErrorCode::unsupported, fmt::format("{} holds colours or vectors; a grey volume is needed", name));
  std::vector<double> unit(n * n, 0);
  for (size_t i = 0; i < n; ++i) unit[i * (n + 1)] = 1;
  const auto spacing = fields.numbers({"ElementSpacing", "ElementSize"}, std::vector<double>(n, 1));
  const auto origin = fields.numbers({"Offset", "Position", "Origin"}, std::vector<double>(n, 0));
  const auto matrix = fields.numbers({"TransformMatrix", "Orientation", "Rotation"}, unit);
  std::array<int64_t, 3> whole{1, 1, 1};
  std::array<std::array<double, 4>, 3> affine{{{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}}};
  for (size_t axis = 0; axis < std::min<size_t>(n, 3); ++axis) {
    whole[axis] = size[axis] >= 1 && size[axis] < 1e6 ? int64_t(size[axis]) : 0;
    // The matrix lists the axes one after the other: the columns of the direction matrix.
    for (size_t row = 0; row < std::min<size_t>(n, 3); ++row)
      affine[row][axis] = matrix[axis * n + row] * spacing[axis];
    affine[axis][3] = origin[axis];
  }
  check_size(whole, name);
  return geometry_from_affine(affine, whole, name);
}

/// The voxels' bytes, unpacked, and where they begin.
void read_voxels(const fs::path& path, const Fields& fields, std::string file, size_t header_size, StoredImage& image) {
  const std::string where = fields.text({"ElementDataFile"});
  image.first_byte = header_size;
  if (where == "LIST" || where.find('%') != std::string::npos)
    throw Error(ErrorCode::unsupported,
                fmt::format("{} spreads its voxels over several files; store it as one .mha", path.string()));
  if (where != "LOCAL") {
    file = read_file(path.parent_path() / where);
    image.first_byte = 0;
  }
  const double skip = fields.numbers({"HeaderSize"}, {0})[0];
  const size_t needed = image.geometry.voxel_count() * size_of(image.type);
  if (skip < 0 && file.size() >= needed) image.first_byte = file.size() - needed;  // -1: the voxels end the file
  if (skip > 0) image.first_byte += size_t(skip);
  if (fields.is_true({"CompressedData"})) {
    const std::string_view all(file);
    file = gunzip(all.substr(std::min(image.first_byte, all.size())), image.name, needed);
    image.first_byte = 0;
  }
  image.bytes = std::move(file);
}

}  // namespace

StoredImage read_meta_image(const fs::path& path, bool header_only) {
  StoredImage image;
  image.name = path.string();
  std::string file = read_file(path);
  const Header header = parse_header(file, image.name);
  const Fields fields(header, image.name);
  image.geometry = geometry_of(fields, image.name);
  image.type = stored_type(fields.text({"ElementType"}), image.name);
  image.big_endian = fields.is_true({"BinaryDataByteOrderMSB", "ElementByteOrderMSB"});
  if (!fields.text({"BinaryData"}).empty() && !fields.is_true({"BinaryData"}))
    throw Error(ErrorCode::unsupported, fmt::format("{} stores its voxels as text; store them as binary", image.name));
  if (!header_only) read_voxels(path, fields, std::move(file), header.size, image);
  return image;
}

std::string meta_image_bytes(const Geometry& g, StoredType type, std::string_view values) {
  const char* name = type == StoredType::uint8 ? "MET_UCHAR" : type == StoredType::int16 ? "MET_SHORT" : "MET_FLOAT";
  std::string matrix;
  for (size_t axis = 0; axis < 3; ++axis)
    for (size_t row = 0; row < 3; ++row) matrix += fmt::format(" {}", g.direction[row][axis]);
  const auto three = [](const auto& v) { return fmt::format("{} {} {}", v[0], v[1], v[2]); };
  std::string bytes = fmt::format(
      "ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\nCompressedData = False\n"
      "TransformMatrix ={}\nOffset = {}\nCenterOfRotation = 0 0 0\nElementSpacing = {}\nDimSize = {}\n"
      "ElementType = {}\nElementDataFile = LOCAL\n",
      matrix,
      three(g.origin),
      three(g.spacing),
      three(g.size),
      name);
  bytes.append(values);
  return bytes;
}

}  // namespace hepatica
