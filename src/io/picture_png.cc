#include <fmt/format.h>
#include <png.h>

#include <algorithm>
#include <csetjmp>
#include <cstring>

#include "base/error.h"
#include "io/picture_codec.h"

namespace hepatica {
namespace {

/// The bytes not yet read, and what libpng complained of.
struct Source {
  std::string_view bytes;
  std::string complaint;
};

void read_bytes(png_structp png, png_bytep out, size_t count) {
  auto& source = *static_cast<Source*>(png_get_io_ptr(png));
  if (source.bytes.size() < count) png_error(png, "the file is truncated");
  std::memcpy(out, source.bytes.data(), count);
  source.bytes.remove_prefix(count);
}

[[noreturn]] void on_error(png_structp png, png_const_charp text) {
  static_cast<Source*>(png_get_error_ptr(png))->complaint = text;
  png_longjmp(png, 1);
}

void on_warning(png_structp, png_const_charp) {}

/// libpng's state; freed with the object.
struct Reader {
  explicit Reader(Source& source)
      : png(png_create_read_struct(PNG_LIBPNG_VER_STRING, &source, on_error, on_warning)),
        info(png ? png_create_info_struct(png) : nullptr) {}
  ~Reader() { png_destroy_read_struct(&png, &info, nullptr); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  png_structp png;
  png_infop info;
};

/// Calls step() and says whether libpng was content. libpng leaves by longjmp, so no step may hold an object that has a
/// destructor.
template <class Step>
bool succeeds(png_structp png, Step step) {
  if (setjmp(png_jmpbuf(png))) return false;
  step();
  return true;
}

/// Pixels of 1 to 4 channels: grey or RGB, with transparency last where there is one.
struct Decoded {
  int64_t width = 0, height = 0;
  size_t channels = 0;
  std::vector<uint8_t> pixels;

  const uint8_t* pixel(size_t i) const { return pixels.data() + i * channels; }
};

Decoded decode_png(std::string_view bytes, const std::string& name) {
  Source source{bytes, {}};
  Reader reader(source);
  if (!reader.info) throw Error(ErrorCode::out_of_memory, "no memory to read " + name);
  const auto fail = [&] {
    return Error(ErrorCode::bad_format, fmt::format("{} is no whole PNG picture: {}", name, source.complaint));
  };
  png_structp png = reader.png;
  png_infop info = reader.info;
  png_set_read_fn(png, &source, read_bytes);
  if (!succeeds(png, [&] { png_read_info(png, info); })) throw fail();
  check_picture_size(png_get_image_width(png, info), png_get_image_height(png, info), name);
  if (!succeeds(png, [&] {
        png_set_expand(png);
        png_set_scale_16(png);
        png_set_interlace_handling(png);
        png_read_update_info(png, info);
      }))
    throw fail();
  Decoded decoded{int64_t(png_get_image_width(png, info)),
                  int64_t(png_get_image_height(png, info)),
                  png_get_channels(png, info),
                  {}};
  const size_t stride = png_get_rowbytes(png, info);
  decoded.pixels.resize(stride * size_t(decoded.height));
  std::vector<png_bytep> rows(static_cast<size_t>(decoded.height));
  for (size_t y = 0; y < rows.size(); ++y) rows[y] = decoded.pixels.data() + y * stride;
  if (!succeeds(png, [&] { png_read_image(png, rows.data()); })) throw fail();
  return decoded;
}

uint8_t grey_of(const uint8_t* pixel, size_t channels) {
  const int grey = channels < 3 ? pixel[0] : luma(pixel[0], pixel[1], pixel[2]);
  return channels % 2 ? uint8_t(grey) : uint8_t((grey * pixel[channels - 1] + 127) / 255);
}

std::string write_png(int64_t width, int64_t height, std::span<const uint8_t> pixels, uint32_t format) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = uint32_t(width);
  image.height = uint32_t(height);
  image.format = format;
  if (pixels.size() != PNG_IMAGE_SIZE(image))
    throw Error(ErrorCode::internal, "the number of pixels is not that of the picture's size");
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
  std::string bytes(size, '\0');
  if (!png_image_write_to_memory(&image, bytes.data(), &size, 0, pixels.data(), 0, nullptr))
    throw Error(ErrorCode::internal, fmt::format("libpng: {}", image.message));
  bytes.resize(size);
  return bytes;
}

}  // namespace

Picture picture_from_png(std::string_view bytes, const std::string& name) {
  const Decoded decoded = decode_png(bytes, name);
  Picture picture{decoded.width, decoded.height, {}};
  picture.grey.resize(size_t(picture.width * picture.height));
  for (size_t i = 0; i < picture.grey.size(); ++i) picture.grey[i] = grey_of(decoded.pixel(i), decoded.channels);
  return picture;
}

ColourPicture colour_from_png(std::string_view bytes, const std::string& name) {
  const Decoded decoded = decode_png(bytes, name);
  ColourPicture picture{decoded.width, decoded.height, {}};
  const auto count = size_t(picture.width * picture.height);
  picture.rgb.resize(3 * count);
  for (size_t i = 0; i < count; ++i)
    for (size_t c = 0; c < 3; ++c) picture.rgb[3 * i + c] = decoded.pixel(i)[decoded.channels < 3 ? 0 : c];
  return picture;
}

std::string png_from_grey(int64_t width, int64_t height, std::span<const uint8_t> grey) {
  return write_png(width, height, grey, PNG_FORMAT_GRAY);
}

std::string png_from_rgb(int64_t width, int64_t height, std::span<const uint8_t> rgb) {
  return write_png(width, height, rgb, PNG_FORMAT_RGB);
}

}  // namespace hepatica
