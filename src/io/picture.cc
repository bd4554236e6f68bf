#include "io/picture.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>

#include "base/error.h"
#include "base/threads.h"
#include "io/picture_codec.h"

namespace hepatica {

bool is_picture_name(const fs::path& path) {
  std::string end = path.extension().string();
  std::transform(end.begin(), end.end(), end.begin(), [](unsigned char c) { return char(std::tolower(c)); });
  return end == ".png" || end == ".jpg" || end == ".jpeg" || end == ".bmp";
}

namespace {

struct Decoders {
  Picture (*grey)(std::string_view bytes, const std::string& name);
  ColourPicture (*colour)(std::string_view bytes, const std::string& name);
};

Decoders decoders_for(std::string_view bytes, const fs::path& path) {
  if (bytes.starts_with("\x89PNG")) return {picture_from_png, colour_from_png};
  if (bytes.starts_with("\xff\xd8")) return {picture_from_jpeg, colour_from_jpeg};
  if (bytes.starts_with("BM")) return {picture_from_bmp, colour_from_bmp};
  throw Error(ErrorCode::bad_format, fmt::format("{} is no PNG, JPEG or BMP picture", path.string()));
}

}  // namespace

Picture read_picture(const fs::path& path) {
  const std::string bytes = read_file(path);
  return decoders_for(bytes, path).grey(bytes, path.string());
}

ColourPicture read_colour_picture(const fs::path& path) {
  const std::string bytes = read_file(path);
  return decoders_for(bytes, path).colour(bytes, path.string());
}

Picture grey_of(const ColourPicture& colour) {
  Picture picture{colour.width, colour.height, std::vector<uint8_t>(colour.rgb.size() / 3)};
  for (size_t i = 0; i < picture.grey.size(); ++i)
    picture.grey[i] = luma(colour.rgb[3 * i], colour.rgb[3 * i + 1], colour.rgb[3 * i + 2]);
  return picture;
}

int16_t hu_from_grey(uint8_t grey, const PictureStackOptions& options) {
  return int16_t(std::clamp(std::floor(options.level + (grey / 255.0 - 0.5) * options.width + 0.5), -32768.0, 32767.0));
}

std::vector<fs::path> list_pictures(const fs::path& folder) {
  if (!fs::is_directory(folder)) throw Error(ErrorCode::not_found, fmt::format("{} is no folder", folder.string()));
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.is_regular_file() && is_picture_name(entry.path())) files.push_back(entry.path());
  std::sort(files.begin(), files.end(), [](const fs::path& a, const fs::path& b) {
    return natural_less(a.filename().string(), b.filename().string());
  });
  return files;
}

namespace {

Geometry stack_geometry(const Picture& first, size_t count, const PictureStackOptions& options) {
  Geometry geometry;
  geometry.size = {first.width, first.height, int64_t(count)};
  geometry.spacing = {options.spacing_mm, options.spacing_mm, options.slice_spacing_mm};
  return geometry;
}

void check(const std::vector<fs::path>& files, const PictureStackOptions& options) {
  if (files.empty()) throw Error(ErrorCode::no_images, "the stack holds no PNG, JPEG or BMP picture");
  if (!(options.width > 0) || !(options.spacing_mm > 0) || !(options.slice_spacing_mm > 0))
    throw Error(ErrorCode::usage, "the window width and the spacings of a picture stack must be above 0");
}

}  // namespace

Volume<int16_t> read_picture_stack(const fs::path& folder, const PictureStackOptions& options) {
  const std::vector<fs::path> files = list_pictures(folder);
  if (files.empty())
    throw Error(ErrorCode::no_images, fmt::format("{} holds no PNG, JPEG or BMP picture", folder.string()));
  return read_picture_stack(files, options);
}

Volume<int16_t> read_picture_stack(const std::vector<fs::path>& files, const PictureStackOptions& options) {
  check(files, options);
  std::array<int16_t, 256> hu;
  for (int grey = 0; grey < 256; ++grey) hu[size_t(grey)] = hu_from_grey(uint8_t(grey), options);
  const Picture first = read_picture(files[0]);
  Volume<int16_t> volume(stack_geometry(first, files.size(), options));
  parallel_for(files.size(), [&](size_t n) {
    const Picture picture = n == 0 ? first : read_picture(files[n]);
    if (picture.width != first.width || picture.height != first.height)
      throw Error(ErrorCode::bad_geometry,
                  fmt::format("{} has {} x {} pixels, {} has {} x {}; the slices of a stack must be of one size",
                              files[0].string(),
                              first.width,
                              first.height,
                              files[n].string(),
                              picture.width,
                              picture.height));
    const auto slice = volume.slice(int64_t(options.first_is_head ? files.size() - 1 - n : n));
    std::transform(picture.grey.begin(), picture.grey.end(), slice.begin(), [&](uint8_t grey) { return hu[grey]; });
  });
  return volume;
}

Geometry read_picture_stack_geometry(const std::vector<fs::path>& files, const PictureStackOptions& options) {
  check(files, options);
  return stack_geometry(read_picture(files[0]), files.size(), options);
}

}  // namespace hepatica
