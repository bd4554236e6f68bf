#include "train/classify_task.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "base/error.h"
#include "dataset/cut_out.h"
#include "dataset/oversample.h"
#include "train/predictions.h"
#include "train/tensors.h"

namespace hepatica::train {
namespace {

constexpr int64_t kMargin = 16;  ///< pixels around the crop, for its jitter

/// Area under the ROC curve by ranks, ties count half. 0.5 where a side is empty.
double area_under_curve(const std::vector<std::pair<double, bool>>& scored) {
  double pairs = 0, won = 0;
  for (const auto& [a, positive] : scored) {
    if (!positive) continue;
    for (const auto& [b, other] : scored) {
      if (other) continue;
      pairs += 1;
      won += a > b ? 1 : a == b ? 0.5 : 0;
    }
  }
  return pairs > 0 ? won / pairs : 0.5;
}

class ClassifyValidation : public Validation {
 public:
  ClassifyValidation(const Mixture& data, size_t classes) : data_(data), classes_(classes) {}

  void add(const nn::TensorMap& outputs, const Batch& batch) override {
    const torch::Tensor logits = classifier_logits(outputs, int64_t(classes_)).contiguous();
    const auto access = logits.accessor<float, 2>();
    const auto labels = batch.targets.at("labels").accessor<int64_t, 1>();
    for (int64_t n = 0; n < logits.size(0); ++n) {
      PatientSum& patient = patients_[data_.group(item_of(batch, n))];
      patient.logits.resize(classes_);
      for (size_t c = 0; c < classes_; ++c) patient.logits[c] += access[n][int64_t(c)];
      patient.label = size_t(labels[n]);
      patient.crops += 1;
    }
  }

  Metrics metrics() const override {
    double right = 0, area = 0;
    for (const auto& [name, patient] : patients_) {
      const auto best = std::max_element(patient.logits.begin(), patient.logits.end());
      right += size_t(best - patient.logits.begin()) == patient.label;
    }
    for (size_t c = 0; c < classes_; ++c) area += class_area(c) / double(classes_);
    const double accuracy = patients_.empty() ? 0 : right / double(patients_.size());
    return {{"score", 0.5 * (accuracy + area)}, {"accuracy", accuracy}, {"auc", area}};
  }

 private:
  struct PatientSum {
    std::vector<double> logits;
    size_t label = 0;
    double crops = 0;
  };

  double class_area(size_t c) const {
    std::vector<std::pair<double, bool>> scored;
    for (const auto& [name, patient] : patients_) {
      // The softmax's rank of a class: its logit against the soft maximum of the mean logits.
      double most = -1e30, sum = 0;
      for (const double logit : patient.logits) most = std::max(most, logit / patient.crops);
      for (const double logit : patient.logits) sum += std::exp(logit / patient.crops - most);
      scored.emplace_back(patient.logits[c] / patient.crops - most - std::log(sum), patient.label == c);
    }
    return area_under_curve(scored);
  }

  const Mixture& data_;
  size_t classes_;
  std::map<std::string, PatientSum> patients_;
};

class ClassifyTask : public Task {
 public:
  ClassifyTask(Mixture data, ClassifyTaskOptions options) : data_(std::move(data)), options_(std::move(options)) {
    for (size_t c = 0; c < options_.classes.size(); ++c) {
      const auto members = options_.members.find(options_.classes[c]);
      index_[options_.classes[c]] = int64_t(c);
      if (members == options_.members.end()) continue;
      for (const std::string& label : members->second) index_[label] = int64_t(c);
    }
    check_classes();
    if (options_.sampling == "all") epoch_ = data_.training();
    if (options_.sampling == "oversample")
      epoch_ = oversampled(data_.training(), [&](const MixtureItem& item) { return options_.classes[class_of(item)]; });
  }

  std::string role() const override { return options_.role; }
  nn::Graph graph() const override { return options_.network; }
  nlohmann::json metadata() const override {
    return {{"task", options_.role}, {"classes", options_.classes}, {"input", json_from_input(options_.input)}};
  }
  const Mixture& data() const override { return data_; }
  std::vector<MixtureItem> draw(size_t count, const Rng& rng) const override {
    return epoch_.empty() ? data_.draw(count, rng, true) : shuffled_rounds(epoch_, count, rng);
  }
  size_t epoch_size() const override { return epoch_.empty() ? data_.training_size() : epoch_.size(); }

  Batch training_batch(const std::vector<MixtureItem>& items, const Rng& rng) const override {
    return training_share(items, {0, items.size()}, rng);
  }

  Batch training_share(const std::vector<MixtureItem>& items, const Share& share, const Rng& rng) const override {
    std::vector<torch::Tensor> crops;
    for (size_t n = share.first; n < share.first + share.count; ++n)
      crops.push_back(tensor_of(varied_crop(items[n], rng.fork(n))));
    return batch_of({items.begin() + int64_t(share.first), items.begin() + int64_t(share.first + share.count)}, crops);
  }

  Batch validation_batch(const std::vector<MixtureItem>& items) const override {
    std::vector<torch::Tensor> crops;
    for (const MixtureItem& item : items) crops.push_back(tensor_of(crop_of(data_.get(item))));
    return batch_of(items, crops);
  }

  torch::Tensor loss(const nn::TensorMap& outputs, const Batch& batch) const override {
    const torch::Tensor labels = batch.targets.at("labels");
    if (outputs.count("logits")) return nn::cross_entropy(outputs.at("logits"), labels, options_.smoothing);
    return nn::lilnet_loss(outputs.at("out4"), outputs.at("out3"), outputs.at("sd"), labels, options_.loss);
  }
  std::set<std::string> outputs() const override {
    return options_.network.outputs.count("logits") ? std::set<std::string>{"logits"}
                                                    : std::set<std::string>{"out4", "out3", "sd"};
  }
  std::unique_ptr<Validation> validation() const override {
    return std::make_unique<ClassifyValidation>(data_, options_.classes.size());
  }

 private:
  /// Refuses training items of no class, and classes without any.
  void check_classes() const {
    std::vector<size_t> counts(options_.classes.size(), 0);
    for (const auto& [label, count] : data_.training_labels()) {
      const auto found = index_.find(label);
      if (found == index_.end())
        throw Error(ErrorCode::bad_manifest,
                    fmt::format("{}: {} training items have the label '{}', which belongs to no class ({})",
                                options_.role,
                                count,
                                label,
                                fmt::join(options_.classes, ", ")));
      counts[size_t(found->second)] += count;
    }
    const auto empty = std::find(counts.begin(), counts.end(), size_t(0));
    if (empty == counts.end()) return;
    std::string listed;
    for (size_t c = 0; c < counts.size(); ++c)
      listed += fmt::format("{}{} {}", c ? ", " : "", options_.classes[c], counts[c]);
    throw Error(ErrorCode::bad_manifest,
                fmt::format("{}: the class '{}' has no training item ({}); add some, or take it out of `classes`",
                            options_.role,
                            options_.classes[size_t(empty - counts.begin())],
                            listed));
  }

  /// Room for the crop and its jitter.
  int64_t side() const { return options_.input.size + 2 * kMargin; }

  Box2 around(const LearningSlice& slice, Rng& rng) const {
    const double dx = rng.uniform(-1, 1) * options_.box_jitter_px, dy = rng.uniform(-1, 1) * options_.box_jitter_px;
    const Box2& b = *slice.target;
    return {b.x0 + dx, b.y0 + dy, b.x1 + dx, b.y1 + dy};
  }

  /// The part of a slice around its crop, with the crop in the middle; air beyond the slice. Variations turn about the
  /// middle, so the lesion must lie there.
  LearningSlice around_crop(const LearningSlice& slice) const {
    if (!slice.target) return slice;
    const Box2 crop = crop_box(*slice.target, slice.width, slice.height, options_.input);
    const int64_t cut = 2 * side(), margin = (cut - options_.input.size) / 2;  // turned and shrunk slices need more
    LearningSlice part = cut_out(slice, int64_t(crop.x0) - margin, int64_t(crop.y0) - margin, cut);
    part.target = Box2{0, 0, double(cut), double(cut)};  // what the crop is centred on, moved inwards at borders
    return part;
  }

  PlaneImage crop_of(const LearningSlice& slice) const {
    const Box2 whole{0, 0, double(slice.width), double(slice.height)};
    return classify_crop(
        std::span<const float>(slice.hu), slice.width, slice.height, slice.target.value_or(whole), options_.input);
  }

  PlaneImage varied_crop(const MixtureItem& item, Rng rng) const {
    LearningSlice slice = around_crop(data_.get(item));
    if (slice.target) slice.target = around(slice, rng);
    PlaneImage crop = crop_of(augmented(slice, side(), side(), slice.spacing_mm, options_.augment, rng));
    const GreyRange range{float(-options_.input.mean / options_.input.std),
                          float((1 - options_.input.mean) / options_.input.std)};
    vary_crop(crop, range, inverted_first(item), options_.crop_augment, rng);
    return crop;
  }

  bool inverted_first(const MixtureItem& item) const {
    const std::vector<std::string>& names = options_.crop_augment.invert_first;
    const auto named = [&](const std::string& name) {
      return std::find(names.begin(), names.end(), name) != names.end();
    };
    return named(data_.label(item)) || named(options_.classes[class_of(item)]);
  }

  size_t class_of(const MixtureItem& item) const {
    const auto found = index_.find(data_.label(item));
    if (found == index_.end()) {
      throw Error(
          ErrorCode::bad_manifest,
          data_.group(item) + ": the label '" + data_.label(item) + "' belongs to no class of " + options_.role);
    }
    return size_t(found->second);
  }

  Batch batch_of(const std::vector<MixtureItem>& items, const std::vector<torch::Tensor>& crops) const {
    std::vector<int64_t> labels;
    for (const MixtureItem& item : items) labels.push_back(int64_t(class_of(item)));
    return {torch::stack(crops),
            {{"labels", torch::tensor(at::ArrayRef<int64_t>(labels))}, {"items", tensor_of(items)}}};
  }

  Mixture data_;
  ClassifyTaskOptions options_;
  std::map<std::string, int64_t> index_;
  std::vector<MixtureItem> epoch_;  ///< of the samplings "all" and "oversample"
};

}  // namespace

std::unique_ptr<Task> make_classify_task(Mixture data, ClassifyTaskOptions options) {
  return std::make_unique<ClassifyTask>(std::move(data), std::move(options));
}

}  // namespace hepatica::train
