#include "io/dicom_read_jpeg2000.h"

#include <openjpeg.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "base/error.h"

namespace hepatica {
namespace {

struct Source {
  const std::string& bytes;
  size_t position = 0;
};

OPJ_SIZE_T read_bytes(void* buffer, OPJ_SIZE_T count, void* user) {
  auto& source = *static_cast<Source*>(user);
  const size_t taken = std::min(count, source.bytes.size() - source.position);
  if (taken == 0) return OPJ_SIZE_T(-1);
  std::memcpy(buffer, source.bytes.data() + source.position, taken);
  source.position += taken;
  return taken;
}

OPJ_OFF_T skip_bytes(OPJ_OFF_T count, void* user) {
  auto& source = *static_cast<Source*>(user);
  if (count < 0 || size_t(count) > source.bytes.size() - source.position) return -1;
  source.position += size_t(count);
  return count;
}

OPJ_BOOL seek_bytes(OPJ_OFF_T to, void* user) {
  auto& source = *static_cast<Source*>(user);
  if (to < 0 || size_t(to) > source.bytes.size()) return OPJ_FALSE;
  source.position = size_t(to);
  return OPJ_TRUE;
}

struct ReleaseStream {
  void operator()(opj_stream_t* stream) const { opj_stream_destroy(stream); }
};

struct ReleaseCodec {
  void operator()(opj_codec_t* codec) const { opj_destroy_codec(codec); }
};

struct ReleaseImage {
  void operator()(opj_image_t* image) const { opj_image_destroy(image); }
};

Jpeg2000Image take_first_component(const opj_image_t& decoded) {
  const opj_image_comp_t& component = decoded.comps[0];
  Jpeg2000Image image;
  image.rows = component.h;
  image.columns = component.w;
  image.components = int(decoded.numcomps);
  image.precision = int(component.prec);
  image.is_signed = component.sgnd != 0;
  image.values.assign(component.data, component.data + size_t(image.rows) * size_t(image.columns));
  return image;
}

}  // namespace

Jpeg2000Image decode_jpeg2000(const std::string& bytes) {
  // A JP2 file starts with its signature box, a bare codestream with the marker SOC.
  const bool is_file = bytes.size() > 8 && bytes.compare(4, 4, "jP  ") == 0;
  std::unique_ptr<opj_codec_t, ReleaseCodec> codec(opj_create_decompress(is_file ? OPJ_CODEC_JP2 : OPJ_CODEC_J2K));
  opj_dparameters_t parameters;
  opj_set_default_decoder_parameters(&parameters);
  Source source{bytes};
  std::unique_ptr<opj_stream_t, ReleaseStream> stream(opj_stream_create(1 << 16, OPJ_TRUE));
  opj_stream_set_user_data(stream.get(), &source, nullptr);
  opj_stream_set_user_data_length(stream.get(), bytes.size());
  opj_stream_set_read_function(stream.get(), read_bytes);
  opj_stream_set_skip_function(stream.get(), skip_bytes);
  opj_stream_set_seek_function(stream.get(), seek_bytes);
  opj_image_t* raw = nullptr;
  bool good = opj_setup_decoder(codec.get(), &parameters) && opj_read_header(stream.get(), codec.get(), &raw);
  std::unique_ptr<opj_image_t, ReleaseImage> image(raw);
  good = good && opj_decode(codec.get(), stream.get(), image.get());
  good = good && image->numcomps > 0 && image->comps[0].data;
  if (!good)
    throw Error(ErrorCode::bad_format, "JPEG 2000 data that cannot be decoded; copy the file again from its source");
  return take_first_component(*image);
}

}  // namespace hepatica
