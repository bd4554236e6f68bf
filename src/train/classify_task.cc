#include "train/classify_task.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "base/error.h"
#include "dataset/oversample.h"
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
    count_classes();
    if (options_.sampling == "all") epoch_ = data_.training();
    if (options_.sampling == "oversample")
      epoch_ = oversampled(data_.training(), [&](const MixtureItem& item) { return options_.classes[class_of(item)]; });
    examples_ = std::make_unique<ClassifyExamples>(
        data_, options_.examples, options_.classes.size(), [this](const MixtureItem& item) { return class_of(item); });
  }

  std::string role() const override { return options_.role; }
  nn::Graph graph() const override { return options_.network; }
  nlohmann::json metadata() const override {
    return {
        {"task", options_.role}, {"classes", options_.classes}, {"input", json_from_input(options_.examples.input)}};
  }
  ClassMembers members() const override { return options_.members; }
  const ItemMixture& data() const override { return data_; }
  std::vector<MixtureItem> draw(size_t count, const Rng& rng) const override {
    return epoch_.empty() ? data_.draw(count, rng, true) : shuffled_rounds(epoch_, count, rng);
  }
  size_t epoch_size() const override { return epoch_.empty() ? data_.training_size() : epoch_.size(); }

  Batch training_batch(const std::vector<MixtureItem>& items, const Rng& rng) const override {
    return training_share(items, {0, items.size()}, rng);
  }

  Batch training_share(const std::vector<MixtureItem>& items, const Share& share, const Rng& rng) const override {
    std::vector<MixSample> samples = examples_->training(items, share.first, share.count, rng);
    const ClassifyInput& input = options_.examples.input;
    const GreyRange range{float(-input.mean / input.std), float((1 - input.mean) / input.std)};
    std::vector<torch::Tensor> crops;
    for (size_t n = 0; n < samples.size(); ++n) {
      Rng mine = rng.fork(items.size() + share.first + n);
      vary_crop(samples[n].image, range, inverted_first(items[share.first + n]), options_.crop_augment, mine);
      crops.push_back(tensor_of(samples[n].image));
    }
    return batch_of(
        {items.begin() + int64_t(share.first), items.begin() + int64_t(share.first + share.count)}, crops, samples);
  }

  Batch validation_batch(const std::vector<MixtureItem>& items) const override {
    std::vector<MixSample> samples;
    std::vector<torch::Tensor> crops;
    std::vector<float> sizes;
    for (const MixtureItem& item : items) {
      samples.push_back(examples_->plain(item));
      crops.push_back(tensor_of(samples.back().image));
      sizes.push_back(float(size_mm(data_.get(item))));
    }
    Batch batch = batch_of(items, crops, samples);
    batch.targets["size_mm"] = torch::tensor(at::ArrayRef<float>(sizes));
    return batch;
  }

  torch::Tensor loss(const nn::TensorMap& outputs, const Batch& batch) const override {
    const torch::Tensor targets = batch.targets.at("targets");
    if (outputs.count("logits"))
      return nn::class_loss(outputs.at("logits"), nn::smoothed(targets, options_.smoothing), options_.class_loss);
    return nn::lilnet_loss(outputs.at("out4"), outputs.at("out3"), outputs.at("sd"), targets, options_.loss);
  }
  std::set<std::string> outputs() const override {
    return options_.network.outputs.count("logits") ? std::set<std::string>{"logits"}
                                                    : std::set<std::string>{"out4", "out3", "sd"};
  }
  std::unique_ptr<Validation> validation() const override {
    return std::make_unique<ClassifyValidation>(data_, options_.classes.size());
  }

 private:
  /// Counts the training items of each class; refuses items of no class, and classes without any.
  void count_classes() {
    std::vector<double>& counts = options_.class_loss.counts;
    counts.assign(options_.classes.size(), 0);
    for (const auto& [label, count] : data_.training_labels()) {
      const auto found = index_.find(label);
      if (found == index_.end())
        throw Error(ErrorCode::bad_manifest,
                    fmt::format("{}: {} training items have the label '{}', which belongs to no class ({})",
                                options_.role,
                                count,
                                label,
                                fmt::join(options_.classes, ", ")));
      counts[size_t(found->second)] += double(count);
    }
    const auto empty = std::find(counts.begin(), counts.end(), 0.0);
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

  bool inverted_first(const MixtureItem& item) const {
    const std::vector<std::string>& names = options_.crop_augment.invert_first;
    const auto named = [&](const std::string& name) {
      return std::find(names.begin(), names.end(), name) != names.end();
    };
    return named(data_.label(item)) || named(options_.classes[class_of(item)]);
  }

  /// Index of the item's class.
  size_t class_of(const MixtureItem& item) const {
    const auto found = index_.find(data_.label(item));
    if (found == index_.end()) {
      throw Error(
          ErrorCode::bad_manifest,
          data_.group(item) + ": the label '" + data_.label(item) + "' belongs to no class of " + options_.role);
    }
    return size_t(found->second);
  }

  /// Longer side of the lesion that a slice is about; 0 where it is not known.
  static double size_mm(const LearningSlice& slice) {
    return slice.target ? std::max(slice.target->width(), slice.target->height()) * slice.spacing_mm : 0;
  }

  Batch batch_of(const std::vector<MixtureItem>& items,
                 const std::vector<torch::Tensor>& crops,
                 const std::vector<MixSample>& samples) const {
    std::vector<int64_t> labels;
    std::vector<torch::Tensor> targets;
    for (size_t n = 0; n < items.size(); ++n) {
      labels.push_back(int64_t(class_of(items[n])));
      targets.push_back(torch::tensor(at::ArrayRef<float>(samples[n].target)));
    }
    return {torch::stack(crops),
            {{"labels", torch::tensor(at::ArrayRef<int64_t>(labels))},
             {"targets", torch::stack(targets)},
             {"items", tensor_of(items)}}};
  }

  Mixture data_;
  ClassifyTaskOptions options_;
  std::map<std::string, int64_t> index_;
  std::vector<MixtureItem> epoch_;  ///< of the samplings "all" and "oversample"
  std::unique_ptr<ClassifyExamples> examples_;
};

}  // namespace

std::unique_ptr<Task> make_classify_task(Mixture data, ClassifyTaskOptions options) {
  return std::make_unique<ClassifyTask>(std::move(data), std::move(options));
}

}  // namespace hepatica::train
