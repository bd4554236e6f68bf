#include <fmt/format.h>

#include <csetjmp>
#include <cstdio>
// jpeglib.h needs the two above, and its errors the library.
#include <jpeglib.h>
// clang-format off
#include <jerror.h>
// clang-format on

#include "base/error.h"
#include "io/picture_codec.h"

namespace hepatica {
namespace {

/// libjpeg's error manager with the place to return to; libjpeg sees only its first member.
struct Errors {
  jpeg_error_mgr manager;
  std::jmp_buf back;
  char text[JMSG_LENGTH_MAX];
};

void on_error(j_common_ptr info) {
  auto& errors = *reinterpret_cast<Errors*>(info->err);
  info->err->format_message(info, errors.text);
  std::longjmp(errors.back, 1);
}

/// libjpeg paints what is missing grey and warns; here a cut-off file is an error.
void on_message(j_common_ptr info, int level) {
  if (level < 0 && (info->err->msg_code == JWRN_JPEG_EOF || info->err->msg_code == JWRN_HIT_MARKER)) on_error(info);
}

struct Decoder {
  Decoder() {
    info.err = jpeg_std_error(&errors.manager);
    errors.manager.error_exit = on_error;
    errors.manager.emit_message = on_message;
    jpeg_create_decompress(&info);
  }
  ~Decoder() { jpeg_destroy_decompress(&info); }
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;
  jpeg_decompress_struct info{};
  Errors errors{};
};

/// Calls step() and says whether libjpeg was content. It leaves by longjmp, so no step may hold an object that has a
/// destructor.
template <class Step>
bool succeeds(Decoder& decoder, Step step) {
  if (setjmp(decoder.errors.back)) return false;
  step();
  return true;
}

/// Rows of 8-bit pixels, interleaved.
struct Decoded {
  int64_t width = 0, height = 0, channels = 0;
  std::vector<uint8_t> pixels;
};

/// Three channels where `colour` is asked for and the file has it, else luma.
Decoded decode_jpeg(std::string_view bytes, const std::string& name, bool colour) {
  Decoder decoder;
  jpeg_decompress_struct& info = decoder.info;
  const auto fail = [&] {
    return Error(ErrorCode::bad_format, fmt::format("{} is no whole JPEG picture: {}", name, decoder.errors.text));
  };
  if (!succeeds(decoder, [&] {
        jpeg_mem_src(&info, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
        jpeg_read_header(&info, TRUE);
      }))
    throw fail();
  check_picture_size(info.image_width, info.image_height, name);
  if (info.jpeg_color_space == JCS_CMYK || info.jpeg_color_space == JCS_YCCK)
    throw Error(ErrorCode::unsupported, fmt::format("{} is a CMYK JPEG; save it as grey", name));
  const bool three = colour && info.num_components == 3;
  Decoded decoded{int64_t(info.image_width), int64_t(info.image_height), three ? 3 : 1, {}};
  decoded.pixels.resize(size_t(decoded.width * decoded.height * decoded.channels));
  uint8_t* pixels = decoded.pixels.data();
  const size_t stride = size_t(decoded.width * decoded.channels);
  if (!succeeds(decoder, [&] {
        info.out_color_space = three ? JCS_RGB : JCS_GRAYSCALE;
        jpeg_start_decompress(&info);
        while (info.output_scanline < info.output_height) {
          JSAMPROW row = pixels + size_t(info.output_scanline) * stride;
          jpeg_read_scanlines(&info, &row, 1);
        }
        jpeg_finish_decompress(&info);
      }))
    throw fail();
  return decoded;
}

}  // namespace

Picture picture_from_jpeg(std::string_view bytes, const std::string& name) {
  Decoded decoded = decode_jpeg(bytes, name, false);
  return {decoded.width, decoded.height, std::move(decoded.pixels)};
}

ColourPicture colour_from_jpeg(std::string_view bytes, const std::string& name) {
  Decoded decoded = decode_jpeg(bytes, name, true);
  if (decoded.channels == 3) return {decoded.width, decoded.height, std::move(decoded.pixels)};
  ColourPicture picture{decoded.width, decoded.height, {}};
  picture.rgb.reserve(3 * decoded.pixels.size());
  for (uint8_t grey : decoded.pixels) picture.rgb.insert(picture.rgb.end(), 3, grey);
  return picture;
}

}  // namespace hepatica
