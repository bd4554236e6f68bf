// Writes the wire format of Protocol Buffers (protobuf.dev/programming-guides/encoding): all that ONNX files need.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace hepatica::nn {

/// One message under construction; fields appear in the order in which they are added.
class ProtobufMessage {
 public:
  /// int32, int64, enum.
  ProtobufMessage& integer(int field, int64_t value);
  ProtobufMessage& real(int field, float value);
  /// string or bytes.
  ProtobufMessage& text(int field, std::string_view value);
  ProtobufMessage& message(int field, const ProtobufMessage& value) { return text(field, value.bytes()); }
  const std::string& bytes() const { return bytes_; }

 private:
  void varint(uint64_t value);
  void tag(int field, int wire_type) { varint(uint64_t(field) << 3 | uint64_t(wire_type)); }

  std::string bytes_;
};

}  // namespace hepatica::nn
