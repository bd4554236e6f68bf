#include "train/classify_task.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "base/error.h"
#include "train/predictions.h"
#include "train/tensors.h"

namespace hepatica::train {
namespace {

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
  }

  std::string role() const override { return options_.role; }
  nn::Graph graph() const override { return options_.network; }
  nlohmann::json metadata() const override {
    return {{"task", options_.role}, {"classes", options_.classes}, {"input", json_from_input(options_.input)}};
  }
  const Mixture& data() const override { return data_; }
  std::vector<MixtureItem> draw(size_t count, const Rng& rng) const override { return data_.draw(count, rng, true); }

  Batch training_batch(const std::vector<MixtureItem>& items, const Rng& rng) const override {
    std::vector<torch::Tensor> crops;
    for (size_t n = 0; n < items.size(); ++n) {
      Rng mine = rng.fork(n);
      LearningSlice slice = data_.get(items[n]);
      if (slice.target) slice.target = around(slice, mine);
      crops.push_back(
          varied(crop_of(augmented(slice, side(), side(), slice.spacing_mm, options_.augment, mine)), mine));
    }
    return batch_of(items, crops);
  }

  Batch validation_batch(const std::vector<MixtureItem>& items) const override {
    std::vector<torch::Tensor> crops;
    for (const MixtureItem& item : items) crops.push_back(crop_of(data_.get(item)));
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
  int64_t side() const { return options_.input.size + 32; }

  Box2 around(const LearningSlice& slice, Rng& rng) const {
    const double dx = rng.uniform(-1, 1) * options_.box_jitter_px, dy = rng.uniform(-1, 1) * options_.box_jitter_px;
    const Box2& b = *slice.target;
    return {b.x0 + dx, b.y0 + dy, b.x1 + dx, b.y1 + dy};
  }

  torch::Tensor crop_of(const LearningSlice& slice) const {
    const Box2 whole{0, 0, double(slice.width), double(slice.height)};
    return tensor_of(classify_crop(
        std::span<const float>(slice.hu), slice.width, slice.height, slice.target.value_or(whole), options_.input));
  }

  /// Variations of the windowed crop that LiLNet trains with.
  torch::Tensor varied(torch::Tensor crop, Rng& rng) const {
    const double black = -options_.input.mean / options_.input.std,
                 white = (1 - options_.input.mean) / options_.input.std;
    if (rng.chance(options_.invert)) crop = black + white - crop;
    if (rng.chance(options_.salt_pepper)) {
      auto access = crop.accessor<float, 3>();
      for (int64_t y = 0; y < crop.size(1); ++y) {
        for (int64_t x = 0; x < crop.size(2); ++x) {
          const double draw = rng.uniform();
          if (draw >= 0.2) continue;
          for (int64_t c = 0; c < crop.size(0); ++c) access[c][y][x] = float(draw < 0.1 ? black : white);
        }
      }
    }
    return crop;
  }

  Batch batch_of(const std::vector<MixtureItem>& items, const std::vector<torch::Tensor>& crops) const {
    std::vector<int64_t> labels;
    for (const MixtureItem& item : items) {
      const auto found = index_.find(data_.label(item));
      if (found == index_.end()) {
        throw Error(
            ErrorCode::bad_manifest,
            data_.group(item) + ": the label '" + data_.label(item) + "' belongs to no class of " + options_.role);
      }
      labels.push_back(found->second);
    }
    return {torch::stack(crops),
            {{"labels", torch::tensor(at::ArrayRef<int64_t>(labels))}, {"items", tensor_of(items)}}};
  }

  Mixture data_;
  ClassifyTaskOptions options_;
  std::map<std::string, int64_t> index_;
};

}  // namespace

std::unique_ptr<Task> make_classify_task(Mixture data, ClassifyTaskOptions options) {
  return std::make_unique<ClassifyTask>(std::move(data), std::move(options));
}

}  // namespace hepatica::train
