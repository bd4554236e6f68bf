#include "io/gzip.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <memory>

#include "base/error.h"

namespace hepatica {
namespace {

constexpr int kGzipWindow = 15 + 16;        // the largest window, gzip framing
constexpr int kAnyWindow = 15 + 32;         // gzip or zlib framing, told apart by zlib
constexpr size_t kPiece = size_t(1) << 30;  // zlib counts in 32 bits

using Closer = std::unique_ptr<z_stream, int (*)(z_stream*)>;

/// Hands zlib the next piece of input where it has used up the last.
void feed(z_stream& stream, std::string_view bytes, size_t& used) {
  if (stream.avail_in > 0) return;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data() + used));
  stream.avail_in = uInt(std::min(kPiece, bytes.size() - used));
  used += stream.avail_in;
}

}  // namespace

bool is_gzip(std::string_view bytes) { return bytes.size() > 2 && bytes[0] == '\x1f' && bytes[1] == '\x8b'; }

std::string gunzip(std::string_view bytes, const std::string& name, size_t at_most) {
  z_stream stream{};
  if (inflateInit2(&stream, kAnyWindow) != Z_OK) throw Error(ErrorCode::out_of_memory, "no memory to unpack " + name);
  const Closer closer(&stream, inflateEnd);
  std::string out;
  size_t used = 0;
  while (out.size() < at_most) {
    feed(stream, bytes, used);
    const size_t before = out.size();
    const size_t room = std::min(at_most - before, std::clamp<size_t>(before, 1 << 16, kPiece));
    out.resize(before + room);
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + before);
    stream.avail_out = uInt(room);
    const int status = inflate(&stream, Z_NO_FLUSH);
    out.resize(before + room - stream.avail_out);
    if (status == Z_STREAM_END) {
      // pigz and bgzip write several members one after the other.
      if (stream.avail_in < 2 || stream.next_in[0] != 0x1f || stream.next_in[1] != 0x8b) return out;
      inflateReset(&stream);
    } else if (status != Z_OK) {
      throw Error(ErrorCode::bad_format,
                  fmt::format("{}: its gzip data is cut off or corrupt after {} unpacked bytes; copy the file again",
                              name,
                              out.size()));
    }
  }
  return out;
}

std::string gzip(std::string_view bytes, int level) {
  z_stream stream{};
  if (deflateInit2(&stream, level, Z_DEFLATED, kGzipWindow, 9, Z_DEFAULT_STRATEGY) != Z_OK)
    throw Error(ErrorCode::out_of_memory, "no memory to compress");
  const Closer closer(&stream, deflateEnd);
  std::string out;
  std::string piece(1 << 18, '\0');
  size_t used = 0;
  int status = Z_OK;
  while (status != Z_STREAM_END) {
    feed(stream, bytes, used);
    stream.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream.avail_out = uInt(piece.size());
    status = deflate(&stream, used == bytes.size() ? Z_FINISH : Z_NO_FLUSH);
    out.append(piece.data(), piece.size() - stream.avail_out);
  }
  return out;
}

}  // namespace hepatica
