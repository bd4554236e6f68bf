#include "nn/protobuf.h"

#include <bit>

namespace hepatica::nn {

namespace {

enum WireType { kVarint = 0, kLengthDelimited = 2, kFourBytes = 5 };

}  // namespace

void ProtobufMessage::varint(uint64_t value) {
  for (; value >= 0x80; value >>= 7) bytes_.push_back(char(value | 0x80));
  bytes_.push_back(char(value));
}

ProtobufMessage& ProtobufMessage::integer(int field, int64_t value) {
  tag(field, kVarint);
  varint(uint64_t(value));
  return *this;
}

ProtobufMessage& ProtobufMessage::real(int field, float value) {
  tag(field, kFourBytes);
  const auto raw = std::bit_cast<uint32_t>(value);
  for (int i = 0; i < 4; ++i) bytes_.push_back(char(raw >> (8 * i)));
  return *this;
}

ProtobufMessage& ProtobufMessage::text(int field, std::string_view value) {
  tag(field, kLengthDelimited);
  varint(value.size());
  bytes_.append(value);
  return *this;
}

}  // namespace hepatica::nn
