#include "train/segment_task.h"

#include <map>

#include "train/supervised_loss.h"
#include "train/tensors.h"

namespace hepatica::train {
namespace {

constexpr double kFalseShare = 0.002;

class SegmentValidation : public Validation {
 public:
  explicit SegmentValidation(const Mixture& data) : data_(data) {}

  void add(const nn::TensorMap& outputs, const Batch& batch) override {
    const torch::Tensor found = outputs.at("logits").gt(0), truth = batch.targets.at("liver").gt(0.5);
    const auto both = (found & truth).sum({1, 2, 3}), a = found.sum({1, 2, 3}), b = truth.sum({1, 2, 3});
    for (int64_t n = 0; n < found.size(0); ++n) {
      const MixtureItem item = item_of(batch, n);
      const int64_t in_truth = b[n].item<int64_t>(), in_found = a[n].item<int64_t>();
      Sums& sums = sources_[item.source];
      sums.both += both[n].item<int64_t>();
      sums.all += in_truth + in_found;
      if (in_truth == 0) {
        ++empty_;
        false_ += double(in_found) > kFalseShare * double(found[n].numel());
      }
    }
  }

  Metrics metrics() const override {
    Metrics metrics{{"score", 0}};
    for (const auto& [source, sums] : sources_) {
      const double dice = sums.all > 0 ? 2.0 * double(sums.both) / double(sums.all) : 1;
      metrics.emplace_back("dice_" + data_.name(source), dice);
      metrics[0].second += dice / double(sources_.size());
    }
    metrics.emplace_back("false_livers", empty_ ? false_ / empty_ : 0);
    metrics[0].second -= 0.1 * metrics.back().second;
    return metrics;
  }

 private:
  struct Sums {
    int64_t both = 0, all = 0;
  };
  const Mixture& data_;
  std::map<size_t, Sums> sources_;
  double empty_ = 0, false_ = 0;
};

class SegmentTask : public Task {
 public:
  SegmentTask(Mixture data, SegmentTaskOptions options) : data_(std::move(data)), options_(std::move(options)) {}

  std::string role() const override { return "segment"; }
  nn::Graph graph() const override { return options_.network; }
  nlohmann::json metadata() const override {
    return {{"task", "segment"}, {"classes", {"liver"}}, {"input", json_from_input(options_.input)}};
  }
  const ItemMixture& data() const override { return data_; }

  Batch training_batch(const std::vector<MixtureItem>& items, const Rng& rng) const override {
    return batch_of(items, {0, items.size()}, options_.augment, rng);
  }
  Batch training_share(const std::vector<MixtureItem>& items, const Share& share, const Rng& rng) const override {
    return batch_of(items, share, options_.augment, rng);
  }
  Batch validation_batch(const std::vector<MixtureItem>& items) const override {
    AugmentOptions none;
    none.warp = {0, 1, 1, 0, 0, 0, 0, 0};
    return batch_of(items, {0, items.size()}, none, Rng(0));
  }
  torch::Tensor loss(const nn::TensorMap& outputs, const Batch& batch) const override {
    return supervised_loss(outputs, batch.targets.at("liver"), options_.loss);
  }
  std::unique_ptr<Validation> validation() const override { return std::make_unique<SegmentValidation>(data_); }

 private:
  Batch batch_of(const std::vector<MixtureItem>& items,
                 const Share& share,
                 const AugmentOptions& augment,
                 const Rng& rng) const {
    std::vector<torch::Tensor> images, livers;
    const std::vector<MixtureItem> shared(items.begin() + int64_t(share.first),
                                          items.begin() + int64_t(share.first + share.count));
    for (size_t n = share.first; n < share.first + share.count; ++n) {
      Rng mine = rng.fork(n);
      const double spacing = options_.input.spacing_mm;
      const LearningSlice slice = augmented(data_.get(items[n]), options_.size, options_.size, spacing, augment, mine);
      const std::span<const float> hu(slice.hu);
      images.push_back(tensor_of(segment_plane(hu, slice.width, slice.height, spacing, spacing, options_.input).image));
      livers.push_back(
          tensor_of(segment_target(slice.liver, slice.width, slice.height, spacing, spacing, options_.input)));
    }
    return {torch::stack(images), {{"liver", torch::stack(livers)}, {"items", tensor_of(shared)}}};
  }

  Mixture data_;
  SegmentTaskOptions options_;
};

}  // namespace

std::unique_ptr<Task> make_segment_task(Mixture data, SegmentTaskOptions options) {
  return std::make_unique<SegmentTask>(std::move(data), std::move(options));
}

}  // namespace hepatica::train
