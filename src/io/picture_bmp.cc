// Layout: Microsoft, "Bitmap Storage" (BITMAPFILEHEADER, BITMAPINFOHEADER).
#include <fmt/format.h>

#include <array>
#include <cstdlib>

#include "base/error.h"
#include "io/picture_codec.h"

namespace hepatica {
namespace {

constexpr size_t kFileHeader = 14;

uint32_t number(std::string_view bytes, size_t position, size_t count) {
  uint32_t value = 0;
  for (size_t i = 0; i < count; ++i) value |= uint32_t(uint8_t(bytes[position + i])) << (8 * i);
  return value;
}

[[noreturn]] void fail(ErrorCode code, const std::string& name, std::string_view what) {
  throw Error(code, fmt::format("{}: {}; save it as PNG", name, what));
}

struct Header {
  int64_t width = 0, height = 0;
  bool top_down = false;
  size_t pixel_bytes = 0, first_byte = 0, palette_at = 0, palette_count = 0;
};

Header parse(std::string_view bytes, const std::string& name) {
  if (bytes.size() < kFileHeader + 40) fail(ErrorCode::bad_format, name, "the BMP file is truncated");
  const uint32_t info_size = number(bytes, 14, 4);
  if (info_size < 40 || info_size > 124) fail(ErrorCode::unsupported, name, "an old or unknown form of BMP");
  Header h;
  h.width = int32_t(number(bytes, 18, 4));
  const int64_t height = int32_t(number(bytes, 22, 4));
  h.top_down = height < 0;
  h.height = std::abs(height);
  check_picture_size(h.width, h.height, name);
  const uint32_t bits = number(bytes, 28, 2), compression = number(bytes, 30, 4);
  if (bits != 8 && bits != 24 && bits != 32) fail(ErrorCode::unsupported, name, fmt::format("a BMP of {} bits", bits));
  bool plain = compression == 0;
  if (compression == 3 && bits == 32 && bytes.size() >= 66)  // the masks that say what is said by default
    plain = number(bytes, 54, 4) == 0xff0000 && number(bytes, 58, 4) == 0xff00 && number(bytes, 62, 4) == 0xff;
  if (!plain) fail(ErrorCode::unsupported, name, "a compressed BMP");
  h.pixel_bytes = bits / 8;
  h.first_byte = number(bytes, 10, 4);
  if (bits == 8) {
    h.palette_at = kFileHeader + info_size;
    h.palette_count = number(bytes, 46, 4) ? number(bytes, 46, 4) : 256;
    if (h.palette_count > 256 || h.palette_at + 4 * h.palette_count > bytes.size())
      fail(ErrorCode::bad_format, name, "the BMP's palette is outside the file");
  }
  return h;
}

}  // namespace

void check_picture_size(int64_t width, int64_t height, const std::string& name) {
  constexpr int64_t kLargest = 16384;
  if (width < 1 || height < 1)
    throw Error(ErrorCode::bad_format, fmt::format("{}: {} x {} pixels are no picture", name, width, height));
  if (width > kLargest || height > kLargest)
    throw Error(ErrorCode::unsupported,
                fmt::format("{}: {} x {} pixels are more than {} a side", name, width, height, kLargest));
}

ColourPicture colour_from_bmp(std::string_view bytes, const std::string& name) {
  const Header h = parse(bytes, name);
  const size_t stride = (size_t(h.width) * h.pixel_bytes + 3) / 4 * 4;
  if (h.first_byte > bytes.size() || (bytes.size() - h.first_byte) / stride < size_t(h.height))
    fail(ErrorCode::bad_format, name, "the BMP file is truncated");
  std::array<char, 4 * 256> palette{};  // blue, green, red, unused; black beyond those that the file gives
  bytes.copy(palette.data(), 4 * h.palette_count, h.palette_at);
  ColourPicture picture{h.width, h.height, std::vector<uint8_t>(size_t(3 * h.width * h.height))};
  for (int64_t y = 0; y < h.height; ++y) {
    const int64_t stored = h.top_down ? y : h.height - 1 - y;
    const char* pixel = bytes.data() + h.first_byte + size_t(stored) * stride;
    uint8_t* to = picture.rgb.data() + 3 * y * h.width;
    for (int64_t x = 0; x < h.width; ++x, pixel += h.pixel_bytes, to += 3) {
      const char* blue = h.pixel_bytes == 1 ? palette.data() + 4 * size_t(uint8_t(*pixel)) : pixel;
      for (int c = 0; c < 3; ++c) to[c] = uint8_t(blue[2 - c]);
    }
  }
  return picture;
}

Picture picture_from_bmp(std::string_view bytes, const std::string& name) {
  return grey_of(colour_from_bmp(bytes, name));
}

}  // namespace hepatica
