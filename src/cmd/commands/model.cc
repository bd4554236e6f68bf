#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "base/files.h"
#include "cmd/command.h"
#include "engine/model_file.h"

namespace hepatica::cmd {
namespace {

struct Arguments {
  std::string file, out;
  bool half = false, tensors = false;
  std::vector<int64_t> sides;
};

std::string text_of(const nlohmann::json& network) {
  return network.is_null() ? "not known" : network["family"].get<std::string>() + " " + network["arguments"].dump();
}

std::string shape_text(const std::vector<int64_t>& shape) { return fmt::format("[{}]", fmt::join(shape, ", ")); }

void print_model(const ModelFile& model, bool with_tensors) {
  std::vector<std::vector<std::string>> rows{{"property", "value"},
                                             {"format", model.format + ", " + model.kind},
                                             {"bytes", fmt::format("{}", model.bytes)},
                                             {"sha256", model.sha256},
                                             {"network", text_of(model.network)}};
  if (!model.network_source.empty()) rows.push_back({"network told by", "its " + model.network_source});
  if (model.parameters > 0) rows.push_back({"parameters", fmt::format("{}", model.parameters)});
  if (!model.network.is_null()) rows.push_back({"fits it", model.fits() ? "yes" : "no " + model.problem});
  for (const auto& said : {model.found, model.metadata})
    for (const auto& [key, value] : said.items())
      if (key != "network") rows.push_back({key, value.is_string() ? value.get<std::string>() : value.dump()});
  rows.push_back({"tensors", fmt::format("{}", model.tensors.size())});
  const std::pair<const char*, const std::vector<std::string>*> lists[] = {
      {"missing", &model.missing}, {"unexpected", &model.unexpected}, {"of another shape", &model.misshapen}};
  for (const auto& [what, keys] : lists)
    for (const std::string& key : *keys) rows.push_back({what, key});
  if (!model.aliases.empty()) rows.push_back({"named twice", fmt::format("{} tensors", model.aliases.size())});
  print_table(rows);
  if (!with_tensors) return;
  rows = {{"tensor", "shape", "type"}};
  for (const TensorEntry& entry : model.tensors) rows.push_back({entry.key, shape_text(entry.shape), entry.type});
  fmt::print("\n");
  print_table(rows);
}

int inspect(const Common& common, const Arguments& arguments) {
  const ModelFile model = inspect_model(arguments.file);
  nlohmann::json document = json_from_model_file(model);
  document["file"] = arguments.file;
  common.json ? print_json(document) : print_model(model, arguments.tensors);
  return 0;
}

void check_extension(const std::string& out, const char* extension) {
  if (fs::path(out).extension() != extension)
    throw Error(ErrorCode::usage, fmt::format("--out '{}' must end in {}", out, extension));
}

int convert(const Common& common, const Arguments& arguments) {
  check_extension(arguments.out, ".safetensors");
  const ModelFile model = convert_model(arguments.file, arguments.out, arguments.half);
  nlohmann::json document = json_from_model_file(model);
  document["file"] = arguments.out;
  document["source"] = arguments.file;
  common.json ? print_json(document) : print_model(model, false);
  return 0;
}

int export_model(const Common& common, const Arguments& arguments) {
  check_extension(arguments.out, ".onnx");
  const ExportedModel model = export_onnx(arguments.file, arguments.out, arguments.sides);
  if (common.json) {
    print_json({{"file", arguments.out},
                {"source", arguments.file},
                {"network", model.network},
                {"opset", model.opset},
                {"input", {{"name", "input"}, {"shape", model.input}}},
                {"outputs", model.outputs},
                {"nodes", model.nodes}});
    return 0;
  }
  std::vector<std::vector<std::string>> rows{{"value", "shape for a batch of one"}, {"input", shape_text(model.input)}};
  for (const auto& [name, shape] : model.outputs) rows.push_back({name, shape_text(shape)});
  print_table(rows);
  return 0;
}

std::function<int(const Common&)> declare(CLI::App& app) {
  app.require_subcommand(1);
  app.fallthrough();
  auto arguments = std::make_shared<Arguments>();
  CLI::App* inspection = app.add_subcommand(
      "inspect", "what is in a file of weights: its network, tensors, metadata, and which keys do not fit");
  CLI::App* conversion = app.add_subcommand("convert", "the same weights as safetensors, with the network's name");
  CLI::App* exporting = app.add_subcommand("export", "the network as ONNX, opset 13, with a free batch");
  for (CLI::App* command : {inspection, conversion, exporting}) {
    command->fallthrough();
    command->add_option("FILE", arguments->file, ".pt, .pth, .pth.tar of torch.save, or .safetensors")->required();
  }
  inspection->add_flag("--tensors", arguments->tensors, "list every tensor (--json always does)");
  conversion->add_option("--out", arguments->out, "X.safetensors")->required();
  conversion->add_flag("--half", arguments->half, "store floating values in 16 bits");
  exporting->add_option("--out", arguments->out, "X.onnx")->required();
  exporting
      ->add_option(
          "--size", arguments->sides, "sides of the input, one for all or one an axis: HEIGHT WIDTH or DEPTH ...")
      ->expected(1, 3)
      ->check(CLI::Range(1, 8192));
  return [inspection, conversion, arguments](const Common& common) {
    if (inspection->parsed()) return inspect(common, *arguments);
    return conversion->parsed() ? convert(common, *arguments) : export_model(common, *arguments);
  };
}

}  // namespace

Command declare_model() {
  return {"model",
          "Show what a file of weights holds; convert it to safetensors; export it as ONNX",
          "hepatica model inspect Time_BM.pth.tar",
          declare};
}

}  // namespace hepatica::cmd
