#include "train/detect_task.h"

#include <algorithm>
#include <cmath>

#include "train/found_boxes.h"
#include "train/tensors.h"

namespace hepatica::train {
namespace {

constexpr double kWorkingScore = 0.25;

/// How found boxes are judged.
struct Judgement {
  BoxChoice choice{0.01, 0.5, 10000};
  std::vector<double> hit_ious{0.3};  ///< recall and false boxes are those of the first one
};

/// YOLOv8's own validation.
Judgement yolo_judgement() {
  Judgement judgement{{}, {}};
  for (int n = 0; n < 10; ++n) judgement.hit_ious.push_back(0.5 + 0.05 * n);
  return judgement;
}

/// An example whose image is a tensor [channels, size, size].
struct TensorExample {
  torch::Tensor image;
  std::vector<LesionBox> lesions;

  explicit TensorExample(const DetectExample& example) : image(tensor_of(example.image)), lesions(example.lesions) {}
  TensorExample() = default;
};

class DetectValidation : public Validation {
 public:
  explicit DetectValidation(bool fitness)
      : fitness_(fitness), judgement_(fitness ? yolo_judgement() : Judgement{}), ranked_(judgement_.hit_ious.size()) {}

  void add(const nn::TensorMap& outputs, const Batch& batch) override {
    const torch::Tensor decoded = nn::yolo_decode(outputs.at("p3"), outputs.at("p4"), outputs.at("p5")).contiguous();
    for (int64_t n = 0; n < decoded.size(0); ++n) {
      ++slices_;
      const std::vector<Box2> truths = boxes_of_image(batch.targets.at("boxes"), n, 2),
                              ignored = boxes_of_image(batch.targets.at("ignore"), n, 1);
      truths_ += truths.size();
      const std::vector<ScoredBox> found = found_boxes(decoded[n], judgement_.choice);
      for (size_t i = 0; i < ranked_.size(); ++i) match(found, truths, ignored, i);
    }
  }

  Metrics metrics() const override {
    Metrics metrics;
    const double first = average_precision(ranked_[0], truths_);
    if (fitness_) {
      double mean = first / double(ranked_.size());
      for (size_t i = 1; i < ranked_.size(); ++i)
        mean += average_precision(ranked_[i], truths_) / double(ranked_.size());
      metrics = {{"fitness", 0.1 * first + 0.9 * mean}, {"map50", first}, {"map50_95", mean}};
    } else {
      metrics = {{"average_precision", first}};
    }
    metrics.emplace_back("recall", truths_ ? double(hits_) / double(truths_) : 0);
    metrics.emplace_back("false_per_slice", slices_ ? double(false_) / double(slices_) : 0);
    return metrics;
  }

 private:
  void match(const std::vector<ScoredBox>& found,
             const std::vector<Box2>& truths,
             const std::vector<Box2>& ignored,
             size_t threshold) {
    std::vector<bool> taken(truths.size(), false);
    for (const ScoredBox& box : found) {
      size_t best = truths.size();
      double best_iou = judgement_.hit_ious[threshold];
      for (size_t t = 0; t < truths.size(); ++t) {
        const double iou = intersection_over_union(box.box, truths[t]);
        if (!taken[t] && iou >= best_iou) {
          best = t;
          best_iou = iou;
        }
      }
      const bool hit = best < truths.size();
      if (hit) taken[best] = true;
      if (!hit && is_ignored(box.box, ignored)) continue;
      ranked_[threshold].push_back({box.score, hit});
      if (threshold == 0 && box.score >= kWorkingScore) (hit ? hits_ : false_) += 1;
    }
  }

  bool fitness_;
  Judgement judgement_;
  std::vector<std::vector<RankedBox>> ranked_;  ///< one list for each IoU
  size_t truths_ = 0, hits_ = 0, false_ = 0, slices_ = 0;
};

class DetectTask : public Task {
 public:
  DetectTask(Mixture data, DetectTaskOptions options)
      : data_(std::move(data)), options_(std::move(options)), training_(data_.training()) {}

  std::string role() const override { return "detect"; }
  nn::Graph graph() const override { return options_.network; }
  nlohmann::json metadata() const override {
    return {{"task", "detect"}, {"classes", {"lesion"}}, {"input", json_from_input(options_.examples.input)}};
  }
  const ItemMixture& data() const override { return data_; }

  Batch training_batch(const std::vector<MixtureItem>& items, const Rng& rng) const override {
    return training_share(items, {0, items.size()}, rng);
  }

  Batch training_share(const std::vector<MixtureItem>& items, const Share& share, const Rng& rng) const override {
    std::vector<TensorExample> examples;
    for (size_t n = share.first; n < share.first + share.count; ++n) {
      Rng mine = rng.fork(n);
      examples.push_back(options_.yolo ? TensorExample(yolo_example(items[n], share.closing, mine))
                                       : halves_example(items, n, share.closing, mine));
    }
    return batch_of(examples);
  }

  Batch validation_batch(const std::vector<MixtureItem>& items) const override {
    std::vector<TensorExample> examples;
    for (const MixtureItem& item : items) examples.emplace_back(plain_example(data_.get(item), options_.examples));
    return batch_of(examples);
  }

  torch::Tensor loss(const nn::TensorMap& outputs, const Batch& batch) const override {
    return nn::yolo_loss(outputs.at("p3"),
                         outputs.at("p4"),
                         outputs.at("p5"),
                         batch.targets.at("boxes"),
                         options_.loss,
                         batch.targets.at("ignore"))
        .total;
  }
  bool loss_is_sum() const override { return options_.loss.times_batch; }
  std::unique_ptr<Validation> validation() const override {
    return std::make_unique<DetectValidation>(options_.choose == "fitness");
  }

 private:
  /// As YOLOv8: the three other slices of a mosaic are any.
  DetectExample yolo_example(const MixtureItem& item, bool closing, Rng& rng) const {
    const int64_t side = options_.examples.input.size;
    const bool alone = !rng.chance(options_.yolo->mosaic) || closing;
    DetectExample example = plain_example(data_.get(item), options_.examples);
    if (!alone) {
      std::array<DetectExample, 4> tiles{std::move(example), {}, {}, {}};
      for (size_t t = 1; t < 4; ++t) {
        const size_t other = size_t(rng.integer(0, int64_t(training_.size()) - 1));
        tiles[t] = plain_example(data_.get(training_[other]), options_.examples);
      }
      example = mosaic_of(tiles, rng);
    }
    return yolo_varied(example, side, *options_.yolo, rng);
  }

  /// Varied in HU, alone or as a quarter of a mosaic with its neighbours in the batch.
  TensorExample halves_example(const std::vector<MixtureItem>& items, size_t n, bool closing, Rng& rng) const {
    const bool alone = !rng.chance(options_.mosaic) || closing;
    std::vector<TensorExample> tiles;
    for (size_t t = 0; t < (alone ? 1 : 4); ++t)
      tiles.emplace_back(varied_example(data_.get(items[(n + t) % items.size()]), options_.examples, rng));
    return alone ? tiles.front() : mosaic(tiles);
  }

  TensorExample mosaic(const std::vector<TensorExample>& four) const {
    const int64_t half = four.front().image.size(1) / 2;
    TensorExample joined;
    joined.image = torch::empty_like(four.front().image);
    for (int64_t t = 0; t < 4; ++t) {
      const int64_t x = (t % 2) * half, y = (t / 2) * half;
      joined.image.narrow(1, y, half).narrow(2, x, half).copy_(at::avg_pool2d(four[size_t(t)].image, {2, 2}));
      for (LesionBox lesion : four[size_t(t)].lesions) {
        lesion.box = {lesion.box.x0 / 2 + double(x),
                      lesion.box.y0 / 2 + double(y),
                      lesion.box.x1 / 2 + double(x),
                      lesion.box.y1 / 2 + double(y)};
        joined.lesions.push_back(lesion);
      }
    }
    return joined;
  }

  static Batch batch_of(const std::vector<TensorExample>& examples) {
    std::vector<torch::Tensor> images;
    std::vector<float> boxes, ignore;
    for (size_t n = 0; n < examples.size(); ++n) {
      images.push_back(examples[n].image);
      for (const LesionBox& lesion : examples[n].lesions) {
        const Box2& b = lesion.box;
        const std::vector<float> corners{float(b.x0), float(b.y0), float(b.x1), float(b.y1)};
        std::vector<float>& rows = lesion.ignore ? ignore : boxes;
        rows.push_back(float(n));
        if (!lesion.ignore) rows.push_back(0);
        rows.insert(rows.end(), corners.begin(), corners.end());
      }
    }
    const auto table = [](const std::vector<float>& rows, int64_t columns) {
      return torch::tensor(at::ArrayRef<float>(rows), torch::kFloat).reshape({int64_t(rows.size()) / columns, columns});
    };
    return {torch::stack(images), {{"boxes", table(boxes, 6)}, {"ignore", table(ignore, 5)}}};
  }

  Mixture data_;
  DetectTaskOptions options_;
  std::vector<MixtureItem> training_;
};

}  // namespace

double average_precision(std::vector<RankedBox> found, size_t truths) {
  if (truths == 0) return 0;
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.score > b.score; });
  std::vector<double> recall, precision;
  size_t hits = 0;
  for (size_t n = 0; n < found.size(); ++n) {
    hits += found[n].hit;
    recall.push_back(double(hits) / double(truths));
    precision.push_back(double(hits) / double(n + 1));
  }
  double sum = 0;
  for (int point = 0; point <= 100; ++point) {
    double best = 0;
    for (size_t n = 0; n < recall.size(); ++n) {
      if (recall[n] >= point / 100.0) best = std::max(best, precision[n]);
    }
    sum += best;
  }
  return sum / 101;
}

std::unique_ptr<Task> make_detect_task(Mixture data, DetectTaskOptions options) {
  return std::make_unique<DetectTask>(std::move(data), std::move(options));
}

}  // namespace hepatica::train
