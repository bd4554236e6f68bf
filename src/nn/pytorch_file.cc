#include "nn/pytorch_file.h"

#include <cstring>

#include "base/error.h"
#include "nn/pickle.h"
#include "nn/stored_zip.h"

namespace hepatica::nn {

namespace {

using Kind = PickleValue::Kind;

// Of modules within modules, and of all: where modules refer to one another in cycles, walking ends here.
constexpr int kMaximalDepth = 100, kMaximalModules = 100'000;

class PytorchReader {
 public:
  PytorchReader(std::string_view bytes, const std::string& source)
      : source_(source), entries_(stored_zip_entries(bytes, source)) {
    for (const auto& [name, content] : entries_) {
      const size_t slash = name.rfind("/data.pkl");
      if (slash != std::string::npos && slash + 9 == name.size()) folder_ = name.substr(0, slash + 1);
    }
    if (folder_.empty()) fail("it holds no data.pkl");
    const auto order = entries_.find(folder_ + "byteorder");
    if (order != entries_.end() && order->second != "little") {
      throw Error(ErrorCode::unsupported,
                  source_ + ": big-endian PyTorch files are not read; convert it to safetensors.");
    }
  }

  TensorMap read() {
    const Pickle pickle(entries_.at(folder_ + "data.pkl"), source_);
    collect_file(pickle.root());
    if (tensors_.empty()) {
      throw Error(
          ErrorCode::unsupported,
          source_ +
              ": no tensors were found in it; save the network's state_dict() with torch.save, or as safetensors.");
    }
    return std::move(tensors_);
  }

 private:
  [[noreturn]] void fail(const std::string& text) const {
    throw Error(ErrorCode::bad_format, source_ + ": not a usable PyTorch file: " + text + ". Obtain the file again.");
  }

  void collect_file(const PickleValue& root) {
    if (root.kind == Kind::object) return collect_module(root, "", 0);
    for (const char* key : {"state_dict", "ema", "model"}) {
      const PickleValue* value = root.find(key);
      if (value && value->kind == Kind::dictionary) return collect_dictionary(*value, "");
      if (value && value->kind == Kind::object) return collect_module(*value, "", 0);
    }
    collect_dictionary(root, "");
  }

  void collect_dictionary(const PickleValue& dictionary, const std::string& prefix) {
    if (dictionary.kind != Kind::dictionary) return;
    for (size_t i = 0; i + 1 < dictionary.items.size(); i += 2) {
      const PickleValue* tensor = tensor_of(dictionary.items[i + 1]);
      if (tensor && dictionary.items[i]->kind == Kind::text)
        tensors_[prefix + dictionary.items[i]->text] = rebuild(*tensor);
    }
  }

  void collect_module(const PickleValue& module, const std::string& prefix, int depth) {
    if (!module.state) return;
    if (depth > kMaximalDepth || ++modules_ > kMaximalModules) fail("its modules hold one another");
    for (const char* part : {"_parameters", "_buffers"}) {
      if (const PickleValue* values = module.state->find(part)) collect_dictionary(*values, prefix);
    }
    const PickleValue* children = module.state->find("_modules");
    if (!children || children->kind != Kind::dictionary) return;
    for (size_t i = 0; i + 1 < children->items.size(); i += 2) {
      const PickleValue& child = *children->items[i + 1];
      if (child.kind == Kind::object) collect_module(child, prefix + children->items[i]->text + ".", depth + 1);
    }
  }

  /// The call that rebuilds a tensor, seen through a parameter; null for other values.
  static const PickleValue* tensor_of(const PickleValue* value) {
    if (value->made_by("torch._utils._rebuild_parameter") && value->items[1]->items.size() >= 1)
      value = value->items[1]->items[0];
    return value->made_by("torch._utils._rebuild_tensor_v2") ? value : nullptr;
  }

  /// _rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks).
  torch::Tensor rebuild(const PickleValue& call) {
    const auto& arguments = call.items[1]->items;
    if (arguments.size() < 4 || arguments[0]->kind != Kind::persistent) fail("a tensor has no storage");
    const torch::Tensor values = storage(*arguments[0]->items[0]);
    const std::vector<int64_t> size = integers_of(*arguments[2]), stride = integers_of(*arguments[3]);
    const int64_t offset = arguments[1]->integer;
    if (size.size() != stride.size() || offset < 0) fail("a tensor has sizes and strides of different length");
    __int128 last = offset, count = 1;
    for (size_t i = 0; i < size.size(); ++i) {
      if (size[i] < 0 || stride[i] < 0) fail("a tensor has a negative size or stride");
      last += __int128(size[i] - 1) * stride[i];
      count *= size[i];
      if (count > values.numel()) fail("a tensor is larger than its storage");
    }
    if (count == 0) return torch::empty(size, values.options());
    if (last >= values.numel()) fail("a tensor reaches beyond its storage");
    return values.as_strided(size, stride, offset).contiguous();
  }

  std::vector<int64_t> integers_of(const PickleValue& sequence) const {
    std::vector<int64_t> all;
    for (const PickleValue* item : sequence.items) {
      if (item->kind != Kind::integer) fail("a tensor's size is not a number");
      all.push_back(item->integer);
    }
    return all;
  }

  /// ("storage", class, key, location, number of elements) -> its values, flat.
  torch::Tensor storage(const PickleValue& id) {
    if (id.items.size() < 5) fail("a storage is not named");
    const std::string key = id.items[2]->text;
    if (const auto known = storages_.find(key); known != storages_.end()) return known->second;
    const torch::ScalarType type = type_of(id.items[1]->text);
    const auto entry = entries_.find(folder_ + "data/" + key);
    if (entry == entries_.end()) fail("storage '" + key + "' is missing");
    const int64_t count = id.items[4]->integer;
    const size_t width = torch::elementSize(type);
    if (count < 0 || uint64_t(count) > entry->second.size() / width) fail("storage '" + key + "' is too short");
    torch::Tensor values = torch::empty({count}, type);
    std::memcpy(values.data_ptr(), entry->second.data(), size_t(count) * width);
    return storages_[key] = values;
  }

  torch::ScalarType type_of(const std::string& global) const {
    static const std::map<std::string, torch::ScalarType> types{{"torch.DoubleStorage", torch::kDouble},
                                                                {"torch.FloatStorage", torch::kFloat},
                                                                {"torch.HalfStorage", torch::kHalf},
                                                                {"torch.BFloat16Storage", torch::kBFloat16},
                                                                {"torch.LongStorage", torch::kLong},
                                                                {"torch.IntStorage", torch::kInt},
                                                                {"torch.ShortStorage", torch::kShort},
                                                                {"torch.CharStorage", torch::kChar},
                                                                {"torch.ByteStorage", torch::kByte},
                                                                {"torch.BoolStorage", torch::kBool}};
    const auto found = types.find(global);
    if (found == types.end())
      throw Error(ErrorCode::unsupported, source_ + ": tensors of '" + global + "' are not read.");
    return found->second;
  }

  const std::string& source_;
  std::map<std::string, std::string_view> entries_;
  std::string folder_;
  std::map<std::string, torch::Tensor> storages_;
  TensorMap tensors_;
  int modules_ = 0;
};

}  // namespace

Checkpoint parse_pytorch(std::string_view bytes, const std::string& source) {
  Checkpoint checkpoint;
  checkpoint.tensors = PytorchReader(bytes, source).read();
  checkpoint.metadata = nlohmann::json::object();
  checkpoint.format = "pytorch-zip";
  return checkpoint;
}

}  // namespace hepatica::nn
