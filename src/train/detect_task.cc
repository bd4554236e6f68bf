#include "train/detect_task.h"

#include <algorithm>
#include <cmath>

#include "image/components.h"
#include "image/morphology.h"
#include "stages/detect/decode.h"
#include "train/tensors.h"

namespace hepatica::train {
namespace {

constexpr double kHitIou = 0.3, kWorkingScore = 0.25, kLeastScore = 0.01, kSuppressIou = 0.5;
constexpr double kLeastFillMm = 4, kMostFillMm = 14;  ///< radius of the closing; a vena cava is 20 to 30 mm wide
constexpr double kLeastSidePx = 2;                    ///< of a box on the network's image

/// One slice as the network sees it, with boxes in pixels of the network's image.
struct DetectExample {
  torch::Tensor image;  ///< [channels, size, size]
  std::vector<LesionBox> lesions;
};

double covered(const Box2& box, const Box2& by) {
  const Box2 both{std::max(box.x0, by.x0), std::max(box.y0, by.y0), std::min(box.x1, by.x1), std::min(box.y1, by.y1)};
  return both.x1 > both.x0 && both.y1 > both.y0 && box.area() > 0 ? both.area() / box.area() : 0;
}

class DetectValidation : public Validation {
 public:
  void add(const nn::TensorMap& outputs, const Batch& batch) override {
    const torch::Tensor decoded = nn::yolo_decode(outputs.at("p3"), outputs.at("p4"), outputs.at("p5")).contiguous();
    for (int64_t n = 0; n < decoded.size(0); ++n) {
      ++slices_;
      const std::vector<Box2> truths = boxes(batch.targets.at("boxes"), n, 2),
                              ignored = boxes(batch.targets.at("ignore"), n, 1);
      match(found_boxes(decoded[n]), truths, ignored);
    }
  }

  Metrics metrics() const override {
    return {{"average_precision", average_precision(ranked_, truths_)},
            {"recall", truths_ ? double(hits_) / double(truths_) : 0},
            {"false_per_slice", slices_ ? double(false_) / double(slices_) : 0}};
  }

 private:
  static std::vector<Box2> boxes(const torch::Tensor& rows, int64_t n, int64_t first) {
    std::vector<Box2> all;
    const auto access = rows.accessor<float, 2>();
    for (int64_t r = 0; r < rows.size(0); ++r) {
      if (int64_t(access[r][0]) == n)
        all.push_back({access[r][first], access[r][first + 1], access[r][first + 2], access[r][first + 3]});
    }
    return all;
  }

  static std::vector<ScoredBox> found_boxes(const torch::Tensor& decoded) {
    const auto access = decoded.accessor<float, 2>();
    std::vector<ScoredBox> all;
    for (int64_t a = 0; a < decoded.size(1); ++a) {
      if (access[4][a] < kLeastScore) continue;
      const double x = access[0][a], y = access[1][a], w = 0.5 * access[2][a], h = 0.5 * access[3][a];
      all.push_back({{x - w, y - h, x + w, y + h}, access[4][a], 0});
    }
    return suppress_overlaps(std::move(all), kSuppressIou);
  }

  void match(const std::vector<ScoredBox>& found, const std::vector<Box2>& truths, const std::vector<Box2>& ignored) {
    std::vector<bool> taken(truths.size(), false);
    truths_ += truths.size();
    for (const ScoredBox& box : found) {
      size_t best = truths.size();
      double best_iou = kHitIou;
      for (size_t t = 0; t < truths.size(); ++t) {
        const double iou = intersection_over_union(box.box, truths[t]);
        if (!taken[t] && iou >= best_iou) {
          best = t;
          best_iou = iou;
        }
      }
      const bool hit = best < truths.size();
      if (hit) taken[best] = true;
      const auto inside = [&](const Box2& region) { return covered(box.box, region) >= 0.5; };
      if (!hit && std::any_of(ignored.begin(), ignored.end(), inside)) continue;
      ranked_.push_back({box.score, hit});
      if (box.score >= kWorkingScore) (hit ? hits_ : false_) += 1;
    }
  }

  std::vector<RankedBox> ranked_;
  size_t truths_ = 0, hits_ = 0, false_ = 0, slices_ = 0;
};

/// Moves the mask's border in or out: the mean over a square of side 2 r + 1 against a threshold.
void move_border(std::vector<uint8_t>& mask, int64_t width, int64_t height, double sigma_px, double threshold) {
  std::vector<float> soft(mask.begin(), mask.end());
  blur(soft, width, height, sigma_px);
  for (size_t i = 0; i < mask.size(); ++i) mask[i] = soft[i] > threshold;
}

void fill_bays(std::vector<uint8_t>& mask, const LearningSlice& slice, double radius_mm) {
  Geometry grid;
  grid.size = {slice.width, slice.height, 1};
  grid.spacing = {slice.spacing_mm, slice.spacing_mm, 1};
  Mask closed(grid, mask);
  close_on_slices(closed, radius_mm);
  fill_holes_on_slices(closed);
  mask.assign(closed.values().begin(), closed.values().end());
}

class DetectTask : public Task {
 public:
  DetectTask(Mixture data, DetectTaskOptions options) : data_(std::move(data)), options_(std::move(options)) {}

  std::string role() const override { return "detect"; }
  nn::Graph graph() const override { return options_.network; }
  nlohmann::json metadata() const override {
    return {{"task", "detect"}, {"classes", {"lesion"}}, {"input", json_from_input(options_.input)}};
  }
  const Mixture& data() const override { return data_; }

  Batch training_batch(const std::vector<MixtureItem>& items, const Rng& rng) const override {
    std::vector<DetectExample> examples;
    for (size_t n = 0; n < items.size(); ++n) {
      Rng mine = rng.fork(n);
      if (!mine.chance(options_.mosaic)) {
        examples.push_back(training_example(items[n], mine));
        continue;
      }
      std::vector<DetectExample> four;
      for (size_t t = 0; t < 4; ++t) four.push_back(training_example(items[(n + t) % items.size()], mine));
      examples.push_back(mosaic(four));
    }
    return batch_of(examples);
  }

  Batch validation_batch(const std::vector<MixtureItem>& items) const override {
    std::vector<DetectExample> examples;
    for (const MixtureItem& item : items) {
      const LearningSlice slice = data_.get(item);
      examples.push_back(example(slice, slice.liver, slice.liver_hu));
    }
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
  std::unique_ptr<Validation> validation() const override { return std::make_unique<DetectValidation>(); }

 private:
  DetectExample training_example(const MixtureItem& item, Rng& rng) const {
    const LearningSlice source = data_.get(item);
    // The source's field of view: in the pixels of the network, or, where it cuts the liver out, in about as fine ones.
    const double field = source.spacing_mm * double(source.width);
    const int64_t side =
        options_.input.region == "liver" ? std::llround(field / options_.input.spacing_mm) : options_.input.size;
    LearningSlice slice = augmented(source, side, side, field / double(side), options_.augment, rng);
    if (rng.chance(0.5)) std::swap(slice.above, slice.below);
    if (rng.chance(options_.drop_context)) {
      slice.above.clear();
      slice.below.clear();
    }
    std::optional<double> liver_hu = median_liver_hu(slice);
    if (!liver_hu) liver_hu = slice.liver_hu;
    if (liver_hu) *liver_hu += rng.normal(0, options_.liver_hu_jitter);
    std::vector<uint8_t> liver = slice.liver;
    if (rng.chance(options_.drop_liver)) {
      liver.clear();
      if (rng.chance(0.5)) liver_hu.reset();
    } else if (!liver.empty()) {
      for (const LesionBox& lesion : slice.lesions) {
        if (rng.chance(options_.miss_lesion)) clear_box(liver, slice.width, lesion.box);
      }
      if (rng.chance(options_.fill_liver)) fill_bays(liver, slice, rng.uniform(kLeastFillMm, kMostFillMm));
      if (rng.chance(options_.jitter_liver))
        move_border(liver, slice.width, slice.height, rng.uniform(1, 5), rng.uniform(0.15, 0.85));
    }
    return example(slice, liver, liver_hu);
  }

  /// Takes the ellipse within `box` out of the mask.
  static void clear_box(std::vector<uint8_t>& mask, int64_t width, const Box2& box) {
    for (int64_t y = int64_t(box.y0); y < int64_t(box.y1); ++y) {
      for (int64_t x = int64_t(box.x0); x < int64_t(box.x1); ++x) {
        const double u = (double(x) + 0.5 - box.center_x()) / (0.5 * box.width());
        const double v = (double(y) + 0.5 - box.center_y()) / (0.5 * box.height());
        const size_t i = size_t(y * width + x);
        if (u * u + v * v < 1 && i < mask.size()) mask[i] = 0;
      }
    }
  }

  void clip(Box2& box) const {
    const double size = options_.input.size;
    box = {std::max(box.x0, 0.0), std::max(box.y0, 0.0), std::min(box.x1, size), std::min(box.y1, size)};
  }

  DetectExample example(const LearningSlice& slice,
                        const std::vector<uint8_t>& liver,
                        std::optional<double> liver_hu) const {
    DetectExample made;
    const Box2 region =
        detect_region(liver, slice.width, slice.height, {slice.spacing_mm, slice.spacing_mm}, options_.input);
    made.image = tensor_of(detect_image(SlicePlanes<float>{slice.hu, slice.above, slice.below},
                                        liver,
                                        slice.width,
                                        slice.height,
                                        region,
                                        liver_hu,
                                        options_.input));
    for (LesionBox lesion : slice.lesions) {
      lesion.box = image_box_from_slice(lesion.box, region, options_.input);
      clip(lesion.box);
      if (lesion.box.width() >= kLeastSidePx && lesion.box.height() >= kLeastSidePx) made.lesions.push_back(lesion);
    }
    return made;
  }

  DetectExample mosaic(const std::vector<DetectExample>& four) const {
    const int64_t half = options_.input.size / 2;
    DetectExample joined;
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

  static Batch batch_of(const std::vector<DetectExample>& examples) {
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
