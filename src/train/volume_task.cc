#include "train/volume_task.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/error.h"
#include "nn/shapes.h"
#include "stages/segment/sliding_window.h"
#include "train/supervised_loss.h"
#include "train/tensors.h"

namespace hepatica::train {
namespace {

constexpr int64_t kDefaultPatch = 128;

/// [1, D, H, W], copied.
torch::Tensor grid_tensor(const std::vector<float>& values, const Size3& size) {
  return torch::tensor(at::ArrayRef<float>(values)).reshape({1, size[0], size[1], size[2]});
}

class VolumeValidation : public Validation {
 public:
  explicit VolumeValidation(const ItemMixture& data) : data_(data) {}

  void add(const nn::TensorMap& outputs, const Batch& batch) override {
    const torch::Tensor found = outputs.at("logits").gt(0), truth = batch.targets.at("liver").ge(0.5);
    for (int64_t n = 0; n < found.size(0); ++n) {
      const double both = (found[n] & truth[n]).sum().item<double>();
      const double all = found[n].sum().item<double>() + truth[n].sum().item<double>();
      dice_[item_of(batch, n).source].push_back(all > 0 ? 2 * both / all : 1);
    }
  }

  Metrics metrics() const override {
    Metrics metrics{{"score", 0}};
    double lowest = 1;
    for (const auto& [source, values] : dice_) {
      double sum = 0;
      for (const double value : values) {
        sum += value;
        lowest = std::min(lowest, value);
      }
      metrics.emplace_back("dice_" + data_.name(source), sum / double(values.size()));
      metrics[0].second += metrics.back().second / double(dice_.size());
    }
    metrics.emplace_back("dice_lowest", lowest);
    return metrics;
  }

 private:
  const ItemMixture& data_;
  std::map<size_t, std::vector<double>> dice_;  ///< of the volumes of each source
};

class VolumeTask : public Task {
 public:
  VolumeTask(VolumeMixture data, VolumeTaskOptions options)
      : options_(std::move(options)), store_(std::move(data), options_.input, options_.cache, options_.memory_mb) {}

  std::string role() const override { return "segment"; }
  nn::Graph graph() const override { return options_.network; }
  nlohmann::json metadata() const override {
    return {{"task", "segment"}, {"classes", {"liver"}}, {"input", json_from_input(options_.input)}};
  }
  const ItemMixture& data() const override { return store_.data(); }

  Batch training_batch(const std::vector<MixtureItem>& items, const Rng& rng) const override {
    return training_share(items, {0, items.size()}, rng);
  }
  Batch training_share(const std::vector<MixtureItem>& items, const Share& share, const Rng& rng) const override {
    std::vector<torch::Tensor> images, livers;
    for (size_t n = share.first; n < share.first + share.count; ++n) {
      const Patch patch = patch_of(items, n, rng.fork(n));
      images.push_back(grid_tensor(patch.values, options_.patch.size));
      livers.push_back(grid_tensor(patch.liver, options_.patch.size));
    }
    const std::vector<MixtureItem> shared(items.begin() + int64_t(share.first),
                                          items.begin() + int64_t(share.first + share.count));
    return {torch::stack(images), {{"liver", torch::stack(livers)}, {"items", tensor_of(shared)}}};
  }
  size_t validation_items(size_t) const override { return 1; }  // their sizes differ
  Batch validation_batch(const std::vector<MixtureItem>& items) const override {
    HEPATICA_ASSERT(items.size() == 1);
    const std::shared_ptr<const GridVolume> volume = store_.get(items.front());
    const std::vector<float> liver(volume->liver.begin(), volume->liver.end());
    return {grid_tensor(volume->values, volume->size).unsqueeze(0),
            {{"liver", (grid_tensor(liver, volume->size) / 255).unsqueeze(0)}, {"items", tensor_of(items)}}};
  }
  nn::TensorMap validation_outputs(const torch::Tensor& input, const Run& run) const override {
    const WindowOptions window{options_.input.patch, options_.overlap, 1};
    const Array logits = sliding_window(array_of(input), window, [&](const Array& patches) {
      return array_of(run(shared_tensor(patches)).at("logits"));
    });
    return {{"logits", shared_tensor(logits).clone()}};
  }
  torch::Tensor loss(const nn::TensorMap& outputs, const Batch& batch) const override {
    return supervised_loss(outputs, batch.targets.at("liver"), options_.loss);
  }
  std::unique_ptr<Validation> validation() const override { return std::make_unique<VolumeValidation>(data()); }

 private:
  static torch::Tensor shared_tensor(const Array& array) {
    return torch::from_blob(const_cast<float*>(array.values.data()), array.shape, torch::kFloat);
  }
  static Array array_of(const torch::Tensor& tensor) {
    const torch::Tensor plain = tensor.to(torch::kCPU, torch::kFloat).contiguous();
    return {plain.sizes().vec(), {plain.data_ptr<float>(), plain.data_ptr<float>() + plain.numel()}};
  }

  /// The patch of item `n` of a batch; the last ones hold liver, that of a batch of one by chance.
  Patch patch_of(const std::vector<MixtureItem>& items, size_t n, const Rng& rng) const {
    const std::shared_ptr<const GridVolume> volume = store_.get(items[n]);
    const PatchOptions& o = options_.patch;
    Rng place = rng.fork(0);
    const bool liver = items.size() == 1 ? place.chance(o.foreground)
                                         : n >= items.size() - foreground_patches(items.size(), o.foreground);
    const Size3 start = liver ? draw_liver_start(*volume, o.size, o.jitter, place) : draw_start(*volume, o.size, place);
    const HuRange hu{options_.input.low_hu, options_.input.high_hu};
    return varied_patch(*volume, start, o.size, options_.input.spacing_mm, hu, o.augment, rng.fork(1));
  }

  VolumeTaskOptions options_;
  VolumeStore store_;
};

void require(bool condition, const std::string& text) {
  if (!condition) throw Error(ErrorCode::bad_recipe, fmt::format("train.segment: {}", text));
}

void check_patch(const nn::Graph& network, const std::vector<int64_t>& patch) {
  require(patch.size() == 3, "'patch' in 'input' needs three sides: voxels along the slices, rows and columns");
  const std::vector<int64_t> shrinkage = largest_shrinkage(network);
  for (size_t a = 0; a < 3; ++a) {
    const int64_t below = patch[a] / shrinkage[a] * shrinkage[a], above = below + shrinkage[a];
    require(patch[a] % shrinkage[a] == 0,
            fmt::format("the patch's side {} ({} of three) is no multiple of {}, by which the network shrinks it; use "
                        "{}{}",
                        patch[a],
                        a + 1,
                        shrinkage[a],
                        below > 0 ? fmt::format("{} or ", below) : "",
                        above));
  }
}

}  // namespace

std::vector<int64_t> largest_shrinkage(const nn::Graph& network) {
  constexpr int64_t kSide = 4096;  // a power of two; nothing is run
  const int64_t channels = network.arguments.value("in_channels", int64_t(1));
  std::vector<int64_t> most(3, 1);
  for (const auto& [name, shape] : nn::node_shapes(network, {1, channels, kSide, kSide, kSide}))
    for (size_t a = 0; a < 3; ++a) most[a] = std::max(most[a], kSide / shape.at(a + 2));
  return most;
}

VolumeTaskOptions volume_task_options(OptionReader& reader, nn::Graph network, SegmentInput input) {
  VolumeTaskOptions o;
  require(network.arguments.value("in_channels", 1) == 1 && network.arguments.value("out_channels", 1) == 1,
          "the network needs one channel in and one out");
  if (input.patch.empty()) input.patch.assign(3, kDefaultPatch);
  check_patch(network, input.patch);
  std::copy_n(input.patch.begin(), 3, o.patch.size.begin());
  o.network = std::move(network);
  o.input = std::move(input);
  o.patch.foreground = reader.number("foreground", o.patch.foreground, 0, 1);
  o.patch.jitter = reader.number("jitter", o.patch.jitter, 0, 0.45);
  o.patch.augment = patch_augment_options(reader.block("augment"));
  o.loss.bce = reader.number("cross_entropy", o.loss.bce, 0, 100);
  o.loss.batch = reader.boolean("dice_by_batch", o.loss.batch);
  o.overlap = reader.number("overlap", o.overlap, 0, 0.9);
  o.memory_mb = reader.number("memory_mb", o.memory_mb, 100, 1e7);
  return o;
}

std::unique_ptr<Task> make_volume_task(VolumeMixture data, VolumeTaskOptions options) {
  return std::make_unique<VolumeTask>(std::move(data), std::move(options));
}

}  // namespace hepatica::train
