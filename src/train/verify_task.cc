#include "train/verify_task.h"

#include <algorithm>
#include <cmath>

#include "nn/losses.h"
#include "stages/detect/link.h"
#include "train/tensors.h"

namespace hepatica::train {
namespace {

constexpr double kLesionIou = 0.25, kFalseOverlap = 1.0 / 3, kIgnored = 0.5;
constexpr double kSensitivity = 0.95;

/// A box with what it shows.
struct Candidate {
  Box2 box;
  bool lesion = false;
};

class VerifyValidation : public Validation {
 public:
  void add(const nn::TensorMap& outputs, const Batch& batch) override {
    const torch::Tensor logits = outputs.at("logits").contiguous();
    const auto access = logits.accessor<float, 2>();
    const auto labels = batch.targets.at("labels").accessor<int64_t, 1>();
    for (int64_t n = 0; n < logits.size(0); ++n)
      (labels[n] ? lesions_ : others_).push_back(double(access[n][1]) - double(access[n][0]));
  }

  Metrics metrics() const override {
    std::vector<double> lesions = lesions_, others = others_;
    std::sort(lesions.begin(), lesions.end());
    std::sort(others.begin(), others.end());
    double won = 0;
    for (const double score : lesions) {
      const auto [low, high] = std::equal_range(others.begin(), others.end(), score);
      won += double(low - others.begin()) + 0.5 * double(high - low);
    }
    const double pairs = double(lesions.size()) * double(others.size());
    return {{"auc", pairs > 0 ? won / pairs : 0.5}, {"specificity", specificity(lesions, others)}};
  }

 private:
  /// Share of `others` below the threshold that keeps 95 % of `lesions`; both sorted.
  static double specificity(const std::vector<double>& lesions, const std::vector<double>& others) {
    if (lesions.empty() || others.empty()) return 0;
    const double threshold = lesions[size_t((1 - kSensitivity) * double(lesions.size()))];
    return double(std::lower_bound(others.begin(), others.end(), threshold) - others.begin()) / double(others.size());
  }

  std::vector<double> lesions_, others_;
};

class VerifyTask : public Task {
 public:
  VerifyTask(Mixture data, VerifyTaskOptions options) : data_(std::move(data)), options_(std::move(options)) {}

  std::string role() const override { return "verify"; }
  nn::Graph graph() const override { return options_.network; }
  nlohmann::json metadata() const override {
    return {{"task", "verify"}, {"classes", {"other", "lesion"}}, {"input", json_from_input(options_.input)}};
  }
  const ItemMixture& data() const override { return data_; }

  Batch training_batch(const std::vector<MixtureItem>& items, const Rng& rng) const override {
    return training_share(items, {0, items.size()}, rng);
  }

  /// A share's candidates are varied by a stream of its own, so they differ a little from those of a whole batch.
  Batch training_share(const std::vector<MixtureItem>& items, const Share& share, const Rng& rng) const override {
    std::vector<DetectExample> examples;
    for (size_t n = share.first; n < share.first + share.count; ++n) {
      Rng mine = rng.fork(n);
      examples.push_back(varied_example(data_.get(items[n]), options_.examples, mine));
    }
    Rng chance = rng.fork(items.size() + share.first);
    return batch_of(examples, &chance);
  }

  Batch validation_batch(const std::vector<MixtureItem>& items) const override {
    std::vector<DetectExample> examples;
    for (const MixtureItem& item : items) examples.push_back(plain_example(data_.get(item), options_.examples));
    return batch_of(examples, nullptr);
  }

  torch::Tensor loss(const nn::TensorMap& outputs, const Batch& batch) const override {
    return nn::cross_entropy(outputs.at("logits"), batch.targets.at("labels"), 0);
  }
  std::set<std::string> outputs() const override { return {"logits"}; }
  std::unique_ptr<Validation> validation() const override { return std::make_unique<VerifyValidation>(); }

 private:
  /// What the detector found on one slice, sorted out. `rng` is null in validation.
  std::vector<Candidate> candidates(const DetectExample& example, std::vector<ScoredBox> found, Rng* rng) const {
    std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.score > b.score; });
    std::vector<Candidate> all;
    std::vector<bool> seen(example.lesions.size(), false);
    size_t lesions = 0, others = 0;
    for (const ScoredBox& scored : found) {
      double iou = 0, overlap = 0;
      bool ignored = false;
      for (size_t l = 0; l < example.lesions.size(); ++l) {
        const LesionBox& lesion = example.lesions[l];
        if (lesion.ignore) {
          ignored = ignored || covered(scored.box, lesion.box) >= kIgnored;
          continue;
        }
        const double with = intersection_over_union(scored.box, lesion.box);
        if (with >= kLesionIou) seen[l] = true;
        iou = std::max(iou, with);
        overlap = std::max(overlap, overlap_of_smaller(scored.box, lesion.box));
      }
      const bool is_lesion = iou >= kLesionIou;
      if (!is_lesion && (ignored || overlap >= kFalseOverlap)) continue;
      size_t& count = is_lesion ? lesions : others;
      if (count++ < options_.most_crops) all.push_back({scored.box, is_lesion});
    }
    for (size_t l = 0; rng && l < example.lesions.size(); ++l) {
      if (!seen[l] && !example.lesions[l].ignore && rng->chance(options_.missed))
        all.push_back({example.lesions[l].box, true});
    }
    return all;
  }

  /// The box moved and scaled a little.
  static Box2 shaken(const Box2& box, Rng& rng) {
    const double x = box.center_x() + rng.normal(0, 0.06) * box.width(),
                 y = box.center_y() + rng.normal(0, 0.06) * box.height(), scale = 0.5 * rng.uniform(0.85, 1.2);
    return {x - scale * box.width(), y - scale * box.height(), x + scale * box.width(), y + scale * box.height()};
  }

  Batch batch_of(const std::vector<DetectExample>& examples, Rng* rng) const {
    std::vector<PlaneImage> images;
    for (const DetectExample& example : examples) images.push_back(example.image);
    const std::vector<DecodedHead> heads = options_.detector->decode(images);
    std::vector<torch::Tensor> crops;
    std::vector<int64_t> labels;
    for (size_t n = 0; n < examples.size(); ++n) {
      for (const Candidate& one : candidates(examples[n], options_.detector->boxes(heads[n]), rng)) {
        const Box2 box = rng ? shaken(one.box, *rng) : one.box;
        crops.push_back(tensor_of(verify_crop(images[n], box, options_.input)));
        labels.push_back(one.lesion);
      }
    }
    // A network of batch norms needs two crops at least: where nothing was found, the middle of the liver is no lesion.
    for (size_t n = 0; crops.size() < 2; n = (n + 1) % examples.size()) {
      const double middle = 0.5 * double(images[n].width),
                   half = 0.5 * double(options_.input.size) * options_.input.part;
      crops.push_back(tensor_of(
          verify_crop(images[n], {middle - half, middle - half, middle + half, middle + half}, options_.input)));
      labels.push_back(0);
    }
    return {torch::stack(crops), {{"labels", torch::tensor(at::ArrayRef<int64_t>(labels))}}};
  }

  Mixture data_;
  VerifyTaskOptions options_;
};

}  // namespace

std::unique_ptr<Task> make_verify_task(Mixture data, VerifyTaskOptions options) {
  return std::make_unique<VerifyTask>(std::move(data), std::move(options));
}

}  // namespace hepatica::train
