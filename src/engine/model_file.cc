#include "engine/model_file.h"

#include <algorithm>

#include "base/error.h"
#include "base/files.h"
#include "nn/checkpoint.h"
#include "nn/onnx.h"

namespace hepatica {

namespace {

std::string type_name(torch::ScalarType type) {
  switch (type) {
    case torch::kDouble:
      return "f64";
    case torch::kFloat:
      return "f32";
    case torch::kHalf:
      return "f16";
    case torch::kBFloat16:
      return "bf16";
    case torch::kBool:
      return "bool";
    case torch::kByte:
      return "u8";
    default:
      return "i" + std::to_string(8 * torch::elementSize(type));
  }
}

/// Sets the tensors beside the network; what the network cannot be is told in `problem`.
void compare(ModelFile& model, const nn::Checkpoint& checkpoint) {
  if (model.network.is_null()) return;
  try {
    const nn::Graph graph = nn::build_graph(model.network["family"], model.network["arguments"]);
    const nn::KeyMatch match = nn::match_keys(graph, nn::shapes_of(checkpoint.tensors));
    model.parameters = nn::parameter_count(graph);
    model.missing = match.missing;
    model.unexpected = match.unexpected;
    model.misshapen = match.misshapen;
    model.aliases = match.aliases;
  } catch (const Error& e) {
    model.problem = e.what();
  }
}

ModelFile describe_model(const nn::Checkpoint& checkpoint, const fs::path& file) {
  ModelFile model;
  model.format = checkpoint.format;
  model.kind = checkpoint.kind;
  model.sha256 = sha256_of_file(file);
  model.bytes = fs::file_size(file);
  model.metadata = checkpoint.metadata;
  model.found = checkpoint.found;
  for (const auto& [key, tensor] : checkpoint.tensors)
    model.tensors.push_back({key, tensor.sizes().vec(), type_name(tensor.scalar_type())});
  model.network = nn::named_network(checkpoint);
  if (!model.network.is_null()) model.network_source = nn::says_its_network(checkpoint) ? "file" : "tensors";
  compare(model, checkpoint);
  return model;
}

/// What a converted file says of itself.
nlohmann::json converted_metadata(const nn::Checkpoint& checkpoint, const ModelFile& model, const fs::path& file) {
  nlohmann::json metadata = checkpoint.metadata.is_object() ? checkpoint.metadata : nlohmann::json::object();
  if (!model.network.is_null()) metadata["network"] = model.network;
  if (model.format != "safetensors")
    metadata["provenance"] = {{"converted_from",
                               {{"file", file.filename().string()},
                                {"sha256", model.sha256},
                                {"format", model.format},
                                {"kind", model.kind},
                                {"found", model.found}}}};
  return metadata;
}

void refuse_misfit(const ModelFile& model, const fs::path& file) {
  if (model.fits()) return;
  const nn::KeyMatch match{model.missing, model.unexpected, model.misshapen, {}};
  throw Error(ErrorCode::wrong_checkpoint,
              file.string() + ": the tensors do not fit the network '" + model.network["family"].get<std::string>() +
                  "' " + model.network["arguments"].dump() + ":" + match.text() + " " + model.problem +
                  " `hepatica model inspect` lists all of them.");
}

std::vector<int64_t> default_sides(const nlohmann::json& network, const nlohmann::json& metadata, size_t axes) {
  const nlohmann::json input = metadata.is_object() ? metadata.value("input", nlohmann::json::object()) : nullptr;
  if (input.is_object() && input.contains("size") && input["size"].is_number_integer())
    return std::vector<int64_t>(axes, input["size"].get<int64_t>());
  const std::string family = network["family"];
  const int64_t side = family == "yolov8"                         ? 512
                       : family == "resnet" || family == "lilnet" ? 224
                       : axes == 2                                ? 256
                                                                  : 128;
  return std::vector<int64_t>(axes, side);
}

std::vector<int64_t> input_shape(const nn::Graph& graph,
                                 const nlohmann::json& network,
                                 const nlohmann::json& metadata,
                                 const std::vector<int64_t>& sides) {
  // ResNets and YOLOv8 have no "dims"; LiLNet takes three channels.
  const auto axes = size_t(graph.arguments.value("dims", graph.family == "residual_unet" ? 3 : 2));
  if (sides.size() > 1 && sides.size() != axes)
    throw Error(ErrorCode::usage,
                "The network takes " + std::to_string(axes) + " sides; give so many, or one for all.");
  std::vector<int64_t> chosen = sides.empty()       ? default_sides(network, metadata, axes)
                                : sides.size() == 1 ? std::vector<int64_t>(axes, sides[0])
                                                    : sides;
  chosen.insert(chosen.begin(), graph.arguments.value("in_channels", int64_t(3)));
  return chosen;
}

}  // namespace

bool ModelFile::fits() const {
  return !network.is_null() && problem.empty() && missing.empty() && unexpected.empty() && misshapen.empty();
}

ModelFile inspect_model(const std::filesystem::path& file) { return describe_model(nn::read_checkpoint(file), file); }

nlohmann::json json_from_model_file(const ModelFile& model) {
  nlohmann::json tensors = nlohmann::json::array();
  for (const TensorEntry& entry : model.tensors)
    tensors.push_back({{"key", entry.key}, {"shape", entry.shape}, {"type", entry.type}});
  return {{"format", model.format},
          {"kind", model.kind},
          {"sha256", model.sha256},
          {"bytes", model.bytes},
          {"network", model.network},
          {"network_source", model.network_source},
          {"parameters", model.parameters},
          {"fits", model.fits()},
          {"missing", model.missing},
          {"unexpected", model.unexpected},
          {"misshapen", model.misshapen},
          {"aliases", model.aliases},
          {"problem", model.problem},
          {"metadata", model.metadata},
          {"found", model.found},
          {"tensors", tensors}};
}

ModelFile convert_model(const std::filesystem::path& file, const std::filesystem::path& out, bool half) {
  nn::Checkpoint checkpoint = nn::read_checkpoint(file);
  const ModelFile model = describe_model(checkpoint, file);
  nn::Checkpoint converted;
  converted.metadata = converted_metadata(checkpoint, model, file);
  if (model.network.is_null()) {
    converted.tensors = std::move(checkpoint.tensors);
  } else {
    refuse_misfit(model, file);
    nn::TensorMap plain;
    for (const auto& [key, tensor] : checkpoint.tensors) plain[nn::without_module_prefix(key)] = tensor;
    for (const std::string& alias : model.aliases) plain.erase(alias);
    converted.tensors = std::move(plain);
  }
  nn::write_checkpoint(out, converted, half);
  return describe_model(nn::read_checkpoint(out), out);
}

ExportedModel export_onnx(const std::filesystem::path& file,
                          const std::filesystem::path& out,
                          const std::vector<int64_t>& sides) {
  nn::Checkpoint checkpoint = nn::read_checkpoint(file);
  const ModelFile model = describe_model(checkpoint, file);
  checkpoint.metadata = converted_metadata(checkpoint, model, file);
  const nn::Network network = nn::network_from_checkpoint(checkpoint, file.string());
  const nn::OnnxFile onnx = nn::onnx_from_network(
      network, input_shape(network.graph(), model.network, checkpoint.metadata, sides), checkpoint.metadata);
  write_file(out, onnx.bytes);
  ExportedModel exported;
  exported.network = model.network;
  exported.input = onnx.input;
  exported.outputs = onnx.outputs;
  exported.nodes = onnx.nodes;
  return exported;
}

}  // namespace hepatica
