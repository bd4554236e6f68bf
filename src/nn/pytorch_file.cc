#include "nn/pytorch_file.h"

#include <algorithm>
#include <cstring>
#include <tuple>

#include "base/error.h"
#include "nn/pickle_json.h"
#include "nn/pytorch_archive.h"

namespace hepatica::nn {

namespace {

using Kind = PickleValue::Kind;

// Of modules within modules, of all, and of a key's letters: where modules hold one another, walking ends here.
constexpr int kMaximalDepth = 100, kMaximalModules = 100'000;
constexpr size_t kLongestKey = 1000;

bool made_by_any(const PickleValue& value, std::initializer_list<const char*> names) {
  return std::any_of(names.begin(), names.end(), [&](const char* name) { return value.made_by(name); });
}

/// The call that rebuilds a tensor, seen through parameters and subclasses; null for other values.
const PickleValue* tensor_of(const PickleValue* value) {
  for (int depth = 0; depth < 4; ++depth) {
    const auto& arguments = value->kind == Kind::object ? value->items.at(1)->items : value->items;
    if (made_by_any(*value, {"torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor"})) return value;
    const bool wrapped =
        made_by_any(*value, {"torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state"});
    if (!wrapped || arguments.empty()) return nullptr;
    value = arguments[0];
  }
  return nullptr;
}

torch::ScalarType scalar_type(const std::string& storage_type) {
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
  return types.at(storage_type);
}

class PytorchReader {
 public:
  PytorchReader(std::string_view bytes, const std::string& source)
      : source_(source), archive_(open_pytorch_archive(bytes, source)) {}

  Checkpoint read() {
    const PickleValue& root = archive_.pickle->root();
    const PickleValue* tensors = &root;
    std::string entry;
    if (root.kind == Kind::dictionary) std::tie(entry, tensors) = holder_of(root);
    checkpoint_.format = archive_.format;
    checkpoint_.kind = tensors->kind == Kind::object ? "model object"
                       : entry.empty()               ? "state dictionary"
                                                     : "training checkpoint";
    checkpoint_.metadata = checkpoint_.found = nlohmann::json::object();
    tensors->kind == Kind::object ? collect_module(*tensors, "", 0) : collect_dictionary(*tensors, "");
    if (checkpoint_.tensors.empty()) {
      throw Error(
          ErrorCode::unsupported,
          source_ +
              ": no tensors were found in it; save the network's state_dict() with torch.save, or as safetensors.");
    }
    describe(root, entry);
    if (tensors->kind == Kind::object) describe_model(*tensors);
    return std::move(checkpoint_);
  }

 private:
  [[noreturn]] void fail(const std::string& text) const {
    throw Error(ErrorCode::bad_format, source_ + ": not a usable PyTorch file: " + text + ". Obtain the file again.");
  }

  /// The entry of a dictionary that holds the tensors; the dictionary itself, without a name, where none does.
  static std::pair<std::string, const PickleValue*> holder_of(const PickleValue& root) {
    for (const char* key : {"state_dict", "model_state_dict", "network_weights", "ema", "model"}) {
      const PickleValue* value = root.find(key);
      if (value && (value->kind == Kind::dictionary || (value->kind == Kind::object && value->state)))
        return {key, value};
    }
    return {"", &root};
  }

  /// All entries but the tensors' and the optimiser's.
  void describe(const PickleValue& root, const std::string& entry) {
    if (root.kind != Kind::dictionary) return;
    for (size_t i = 0; i + 1 < root.items.size(); i += 2) {
      const PickleValue &key = *root.items[i], &value = *root.items[i + 1];
      if (key.kind != Kind::text || key.text == entry || key.text == "optimizer" || tensor_of(&value)) continue;
      if (key.text.size() <= kLongestKey) checkpoint_.found[valid_utf8(key.text)] = json_of(value);
    }
  }

  /// Class and, as Ultralytics' models have them, names of the classes by number.
  void describe_model(const PickleValue& model) {
    checkpoint_.found["class"] = valid_utf8(model.items[0]->text);
    const PickleValue* names = model.state ? model.state->find("names") : nullptr;
    if (!names) return;
    checkpoint_.found["names"] = json_of(*names);
    std::vector<std::string> classes;
    const bool numbered = names->kind == Kind::dictionary;
    for (size_t i = numbered ? 1 : 0; i < names->items.size(); i += numbered ? 2 : 1)
      if (names->items[i]->kind == Kind::text)
        classes.push_back(valid_utf8(names->items[i]->text.substr(0, kLongestKey)));
    if (!classes.empty()) checkpoint_.metadata["classes"] = classes;
  }

  void collect_dictionary(const PickleValue& dictionary, const std::string& prefix) {
    if (dictionary.kind != Kind::dictionary) return;
    for (size_t i = 0; i + 1 < dictionary.items.size(); i += 2) {
      const PickleValue* tensor = tensor_of(dictionary.items[i + 1]);
      if (!tensor || dictionary.items[i]->kind != Kind::text) continue;
      const std::string& name = dictionary.items[i]->text;
      if (prefix.size() + name.size() > kLongestKey) fail("a tensor has a name of more than 1000 letters");
      if (valid_utf8(name) != name) fail("a tensor has a name that is no text");
      checkpoint_.tensors[prefix + name] = rebuild(*tensor);
    }
  }

  void collect_module(const PickleValue& module, const std::string& prefix, int depth) {
    if (!module.state) return;
    if (depth > kMaximalDepth || ++modules_ > kMaximalModules || prefix.size() > kLongestKey)
      fail("its modules hold one another");
    for (const char* part : {"_parameters", "_buffers"}) {
      if (const PickleValue* values = module.state->find(part)) collect_dictionary(*values, prefix);
    }
    const PickleValue* children = module.state->find("_modules");
    if (!children || children->kind != Kind::dictionary) return;
    for (size_t i = 0; i + 1 < children->items.size(); i += 2) {
      const PickleValue& child = *children->items[i + 1];
      if (child.kind != Kind::object || children->items[i]->text.size() > kLongestKey) continue;
      collect_module(child, prefix + children->items[i]->text + ".", depth + 1);
    }
  }

  /// _rebuild_tensor(storage, offset, size, stride); v2 adds what training needs.
  torch::Tensor rebuild(const PickleValue& call) {
    const auto& arguments = call.items[1]->items;
    if (arguments.size() < 4 || arguments[0]->kind != Kind::persistent) fail("a tensor has no storage");
    const torch::Tensor values = storage(storage_name(*arguments[0], source_));
    const std::vector<int64_t> size = integers_of(*arguments[2]), stride = integers_of(*arguments[3]);
    const int64_t offset = arguments[1]->integer;
    if (size.size() != stride.size() || offset < 0) fail("a tensor has sizes and strides of different length");
    if (std::count(size.begin(), size.end(), 0) > 0) return empty(size, values.options());
    __int128 last = offset, count = 1;
    for (size_t i = 0; i < size.size(); ++i) {
      if (size[i] < 0 || stride[i] < 0) fail("a tensor has a negative size or stride");
      last += __int128(size[i] - 1) * stride[i];
      count *= size[i];
      if (count > values.numel()) fail("a tensor is larger than its storage");
    }
    if (last >= values.numel()) fail("a tensor reaches beyond its storage");
    return values.as_strided(size, stride, offset);
  }

  /// No values, whatever the other sizes say.
  torch::Tensor empty(const std::vector<int64_t>& size, const torch::TensorOptions& options) const {
    for (int64_t n : size)
      if (n < 0 || n > INT32_MAX) fail("a tensor without values has a size that is no number of 31 bits");
    return torch::empty(size, options);
  }

  std::vector<int64_t> integers_of(const PickleValue& sequence) const {
    const bool wrapped = sequence.made_by("torch.Size") && !sequence.items[1]->items.empty();
    std::vector<int64_t> all;
    for (const PickleValue* item : (wrapped ? *sequence.items[1]->items[0] : sequence).items) {
      if (item->kind != Kind::integer) fail("a tensor's size is not a number");
      all.push_back(item->integer);
    }
    if (all.size() > 16) fail("a tensor has more than 16 axes");
    return all;
  }

  /// A storage's values, flat.
  torch::Tensor storage(const StorageName& name) {
    const auto known = storages_.find(name.key);
    const torch::Tensor values = known != storages_.end() ? known->second : storages_[name.key] = read_storage(name);
    if (name.view_size == 0) return values;
    if (name.view_offset < 0 || name.view_size < 0 || name.view_offset > values.numel() - name.view_size)
      fail("the view of a storage reaches beyond it");
    return values.narrow(0, name.view_offset, name.view_size);
  }

  torch::Tensor read_storage(const StorageName& name) const {
    const size_t width = element_size(name.type, source_);
    const auto entry = archive_.storages.find(name.key);
    if (entry == archive_.storages.end()) fail("storage '" + name.key.substr(0, kLongestKey) + "' is missing");
    if (name.count < 0 || uint64_t(name.count) > entry->second.size() / width)
      fail("storage '" + name.key.substr(0, kLongestKey) + "' is too short");
    torch::Tensor values = torch::empty({name.count}, scalar_type(name.type));
    if (name.count > 0) std::memcpy(values.data_ptr(), entry->second.data(), size_t(name.count) * width);
    return values;
  }

  const std::string& source_;
  PytorchArchive archive_;
  std::map<std::string, torch::Tensor> storages_;
  Checkpoint checkpoint_;
  int modules_ = 0;
};

}  // namespace

Checkpoint parse_pytorch(std::string_view bytes, const std::string& source) {
  return PytorchReader(bytes, source).read();
}

}  // namespace hepatica::nn
