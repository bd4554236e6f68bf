#include "nn/onnx_writer.h"

#include "base/error.h"

namespace hepatica::nn {

namespace {

constexpr int kIrVersion = 7, kOpset = 13;
enum DataType { kFloatData = 1, kInt64Data = 7 };
enum AttributeType { kFloatAttribute = 1, kIntAttribute = 2, kStringAttribute = 3, kIntsAttribute = 7 };

ProtobufMessage attribute_message(const std::string& name, const OnnxAttribute& value) {
  ProtobufMessage message;
  message.text(1, name);
  if (const auto* real = std::get_if<float>(&value)) message.real(2, *real).integer(20, kFloatAttribute);
  if (const auto* integer = std::get_if<int64_t>(&value)) message.integer(3, *integer).integer(20, kIntAttribute);
  if (const auto* text = std::get_if<std::string>(&value)) message.text(4, *text).integer(20, kStringAttribute);
  if (const auto* list = std::get_if<std::vector<int64_t>>(&value)) {
    for (int64_t item : *list) message.integer(8, item);
    message.integer(20, kIntsAttribute);
  }
  return message;
}

/// ValueInfoProto of an f32 tensor.
ProtobufMessage value_info(const std::string& name, const std::string& batch, const std::vector<int64_t>& other_axes) {
  ProtobufMessage shape;
  shape.message(1, ProtobufMessage().text(2, batch));
  for (int64_t size : other_axes) shape.message(1, ProtobufMessage().integer(1, size));
  ProtobufMessage tensor;
  tensor.integer(1, kFloatData).message(2, shape);
  return ProtobufMessage().text(1, name).message(2, ProtobufMessage().message(1, tensor));
}

}  // namespace

std::string OnnxWriter::node(const std::string& op,
                             const std::vector<std::string>& inputs,
                             const std::string& output,
                             const std::map<std::string, OnnxAttribute>& attributes) {
  ProtobufMessage message;
  for (const std::string& input : inputs) message.text(1, input);
  message.text(2, output).text(3, output).text(4, op);
  for (const auto& [name, value] : attributes) message.message(5, attribute_message(name, value));
  graph_.message(1, message);
  ++nodes_;
  return output;
}

std::string OnnxWriter::constant(const std::string& name, const torch::Tensor& value) {
  const bool integers = value.scalar_type() == torch::kLong;
  const torch::Tensor plain = value.detach().to(torch::kCPU, integers ? torch::kLong : torch::kFloat).contiguous();
  ProtobufMessage tensor;
  for (int64_t size : plain.sizes()) tensor.integer(1, size);
  tensor.integer(2, integers ? kInt64Data : kFloatData).text(8, name);
  tensor.text(9, {static_cast<const char*>(plain.data_ptr()), plain.nbytes()});
  graph_.message(5, tensor);
  return name;
}

std::string OnnxWriter::constant(const std::string& name, const std::vector<int64_t>& values) {
  return constant(name, torch::tensor(at::ArrayRef<int64_t>(values), torch::kLong));
}

void OnnxWriter::input(const std::string& name, const std::string& batch, const std::vector<int64_t>& other_axes) {
  graph_.message(11, value_info(name, batch, other_axes));
}

void OnnxWriter::output(const std::string& name, const std::string& batch, const std::vector<int64_t>& other_axes) {
  graph_.message(12, value_info(name, batch, other_axes));
}

std::string OnnxWriter::model(const std::string& graph_name, const std::map<std::string, std::string>& metadata) const {
  constexpr size_t kLargest = size_t(2) << 30;  // Protocol Buffers' own limit
  ProtobufMessage graph = graph_;
  graph.text(2, graph_name);
  if (graph.bytes().size() >= kLargest - (1 << 20))
    throw Error(ErrorCode::unsupported, "The network does not fit the 2 GiB that an ONNX file may have.");
  ProtobufMessage model;
  model.integer(1, kIrVersion).text(2, "hepatica").message(7, graph);
  model.message(8, ProtobufMessage().text(1, "").integer(2, kOpset));
  for (const auto& [key, value] : metadata) model.message(14, ProtobufMessage().text(1, key).text(2, value));
  return model.bytes();
}

}  // namespace hepatica::nn
