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

}  // namespace

Picture picture_from_jpeg(std::string_view bytes, const std::string& name) {
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
  Picture picture{int64_t(info.image_width), int64_t(info.image_height), {}};
  picture.grey.resize(size_t(picture.width * picture.height));
  uint8_t* grey = picture.grey.data();
  if (!succeeds(decoder, [&] {
        info.out_color_space = JCS_GRAYSCALE;
        jpeg_start_decompress(&info);
        while (info.output_scanline < info.output_height) {
          JSAMPROW row = grey + size_t(info.output_scanline) * info.output_width;
          jpeg_read_scanlines(&info, &row, 1);
        }
        jpeg_finish_decompress(&info);
      }))
    throw fail();
  return picture;
}

}  // namespace hepatica
