#include "io/gzip.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "base/error.h"
#include "base/threads.h"

namespace hepatica {
namespace {

constexpr int kRawWindow = -15;             // the largest window, no framing
constexpr int kAnyWindow = 15 + 32;         // gzip or zlib framing, told apart by zlib
constexpr size_t kPiece = size_t(1) << 30;  // zlib counts in 32 bits
constexpr size_t kBlock = size_t(1) << 22;  // compressed by one thread; fixed, so that bytes do not depend on threads

using Closer = std::unique_ptr<z_stream, int (*)(z_stream*)>;

/// Hands zlib the next piece of input where it has used up the last.
void feed(z_stream& stream, std::string_view bytes, size_t& used) {
  if (stream.avail_in > 0) return;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data() + used));
  stream.avail_in = uInt(std::min(kPiece, bytes.size() - used));
  used += stream.avail_in;
}

/// Raw deflate of one block; all but the last end at a byte so that the next can follow.
std::string deflate_block(std::string_view bytes, int level, bool last) {
  z_stream stream{};
  if (deflateInit2(&stream, level, Z_DEFLATED, kRawWindow, 9, Z_DEFAULT_STRATEGY) != Z_OK)
    throw Error(ErrorCode::out_of_memory, "no memory to compress");
  const Closer closer(&stream, deflateEnd);
  std::string out(deflateBound(&stream, uLong(bytes.size())) + 16, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = uInt(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = uInt(out.size());
  deflate(&stream, last ? Z_FINISH : Z_SYNC_FLUSH);
  out.resize(out.size() - stream.avail_out);
  return out;
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
  const size_t count = std::max<size_t>(1, (bytes.size() + kBlock - 1) / kBlock);
  std::vector<std::string> blocks(count);
  std::vector<uLong> checks(count);
  parallel_for(count, [&](size_t n) {
    const std::string_view block = bytes.substr(n * kBlock, kBlock);
    blocks[n] = deflate_block(block, level, n + 1 == count);
    checks[n] = crc32(0, reinterpret_cast<const Bytef*>(block.data()), uInt(block.size()));
  });
  std::string out("\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);  // deflate, no name, no time, no system
  uLong check = crc32(0, nullptr, 0);
  for (size_t n = 0; n < count; ++n) {
    out += blocks[n];
    check = crc32_combine(check, checks[n], z_off_t(bytes.substr(n * kBlock, kBlock).size()));
  }
  for (const uint32_t number : {uint32_t(check), uint32_t(bytes.size())})
    for (int shift = 0; shift < 32; shift += 8) out += char(number >> shift);
  return out;
}

}  // namespace hepatica
