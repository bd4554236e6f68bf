#include "stages/detect/yolov8.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/progress.h"
#include "base/threads.h"

namespace hepatica {
namespace {

/// A slice that the detector looks at.
struct Job {
  size_t image = 0;
  int64_t slice = 0;
};

/// The plane at the place `k` between slices, interpolated; the first and the last slice go on beyond the volume.
std::vector<int16_t> plane_at(const Volume<int16_t>& hu, double k) {
  const double inside = std::clamp(k, 0.0, double(hu.nz() - 1));
  const auto first = int64_t(inside), second = std::min(first + 1, hu.nz() - 1);
  const auto a = hu.slice(first), b = hu.slice(second);
  const float share = float(inside - double(first));
  std::vector<int16_t> plane(a.size());
  for (size_t i = 0; i < plane.size(); ++i)
    plane[i] = int16_t(std::lround(float(a[i]) + share * (float(b[i]) - float(a[i]))));
  return plane;
}

class YoloV8Detector final : public Detector {
 public:
  YoloV8Detector(std::shared_ptr<Predictor> predictor, const DetectOptions& options)
      : network_(std::move(predictor), options),
        options_(options),
        views_(detect_views(network_.input(), options.closer_look)) {}

  std::vector<Detection> detect(const PreprocessedStudy& study) const override {
    std::vector<std::optional<double>> liver_hu;
    for (const PhaseImage& image : study.images)
      liver_hu.push_back(image.liver.empty() ? std::nullopt : median_hu(image.hu.values(), image.liver.values()));
    const std::vector<Job> jobs = slices_with_liver(study);
    Progress progress("lesions", jobs.size());
    std::vector<Detection> found;
    for (size_t first = 0; first < jobs.size(); first += size_t(options_.batch)) {
      check_interrupted();
      const size_t count = std::min(size_t(options_.batch), jobs.size() - first);
      const std::vector<Detection> batch = detect_batch(study, {jobs.data() + first, count}, liver_hu);
      found.insert(found.end(), batch.begin(), batch.end());
      progress.advance(count);
    }
    return found;
  }

 private:
  static std::span<const uint8_t> liver_of(const PhaseImage& image, int64_t slice) {
    return image.liver.empty() ? std::span<const uint8_t>() : image.liver.slice(slice);
  }

  static Box2 region_of(const PhaseImage& image, int64_t slice, const DetectInput& input) {
    const Vec3& spacing = image.hu.geometry().spacing;
    return detect_region(liver_of(image, slice), image.hu.nx(), image.hu.ny(), {spacing[0], spacing[1]}, input);
  }

  std::vector<Job> slices_with_liver(const PreprocessedStudy& study) const {
    std::vector<Job> jobs;
    for (size_t i = 0; i < study.images.size(); ++i) {
      const PhaseImage& image = study.images[i];
      const auto step = std::max<int64_t>(1, int64_t(options_.slice_step_mm / image.hu.geometry().spacing[2] + 1e-6));
      for (int64_t k = (image.hu.nz() - 1) % step / 2; k < image.hu.nz(); k += step) {
        const auto liver = liver_of(image, k);
        if (image.liver.empty() || std::any_of(liver.begin(), liver.end(), [](uint8_t v) { return v != 0; }))
          jobs.push_back({i, k});
      }
    }
    return jobs;
  }

  std::vector<Detection> detect_batch(const PreprocessedStudy& study,
                                      std::span<const Job> jobs,
                                      const std::vector<std::optional<double>>& liver_hu) const {
    std::vector<std::vector<PlaneImage>> images(views_.size(), std::vector<PlaneImage>(jobs.size()));
    parallel_for(jobs.size(), [&](size_t n) {
      const PhaseImage& image = study.images[jobs[n].image];
      const auto liver = liver_of(image, jobs[n].slice);
      const double beside = network_.input().context_mm / image.hu.geometry().spacing[2];
      std::vector<int16_t> above, below;
      if (beside > 0) {
        above = plane_at(image.hu, double(jobs[n].slice) + beside);
        below = plane_at(image.hu, double(jobs[n].slice) - beside);
      }
      for (size_t v = 0; v < views_.size(); ++v)
        images[v][n] = detect_image(SlicePlanes<int16_t>{image.hu.slice(jobs[n].slice), above, below},
                                    liver,
                                    image.hu.nx(),
                                    image.hu.ny(),
                                    region_of(image, jobs[n].slice, views_[v].input),
                                    liver_hu[jobs[n].image],
                                    views_[v].input);
    });
    std::vector<Detection> all;
    for (size_t v = 0; v < views_.size(); ++v) {
      const std::vector<DecodedHead> heads = network_.decode(images[v]);
      std::vector<std::vector<Detection>> found(jobs.size());
      parallel_for(jobs.size(), [&](size_t n) {
        found[n] = detections_of(study.images[jobs[n].image], jobs[n], heads[n], views_[v]);
      });
      for (const auto& some : found) all.insert(all.end(), some.begin(), some.end());
    }
    return all;
  }

  std::vector<Detection> detections_of(const PhaseImage& image,
                                       const Job& job,
                                       const DecodedHead& head,
                                       const DetectView& view) const {
    const int64_t nx = image.hu.nx(), ny = image.hu.ny();
    const Vec3& spacing = image.hu.geometry().spacing;
    const Box2 region = region_of(image, job.slice, view.input);
    std::vector<Detection> found;
    for (const ScoredBox& scored : network_.boxes(head)) {
      Box2 box = slice_box_from_image(scored.box, region, view.input);
      box = {std::max(box.x0, 0.0), std::max(box.y0, 0.0), std::min(box.x1, double(nx)), std::min(box.y1, double(ny))};
      if (box.width() < 1 || box.height() < 1) continue;
      const double longest_mm = longest_side_mm(box, spacing);
      if (longest_mm >= view.least_mm && longest_mm < view.below_mm)
        found.push_back({job.image, job.slice, box, scored.score});
    }
    return image.liver.empty() ? found : inside_liver(found, image.liver, job.slice, options_.liver);
  }

  YoloV8 network_;
  DetectOptions options_;
  std::vector<DetectView> views_;
};

}  // namespace

DetectOptions read_detect_options(const Block& block) {
  DetectOptions options;
  OptionReader reader(block);
  options.input = detect_input_from_block(reader.block("input"));
  options.confidence = reader.number("confidence", options.confidence, 0.001, 1);
  options.iou = reader.number("iou", options.iou, 0, 1);
  options.batch = reader.integer("batch", options.batch, 1, 256);
  OptionReader closer(reader.block("closer_look"));
  options.closer_look.magnify = closer.number("magnify", options.closer_look.magnify, 1, 3);
  options.closer_look.below_mm = closer.number("below_mm", options.closer_look.below_mm, 0, 1000);
  closer.finish();
  options.slice_step_mm = reader.number("slice_step_mm", options.slice_step_mm, 0, 20);
  options.liver = read_liver_filter_options(reader.block("liver"));
  reader.finish();
  return options;
}

std::vector<DetectView> detect_views(const DetectInput& trained, const CloserLook& closer) {
  DetectView as_trained{trained};
  DetectView closer_view{magnified(trained, closer.magnify), 0, closer.below_mm};
  if (closer_view.input == trained) return {as_trained};
  as_trained.least_mm = closer.below_mm;
  return {closer_view, as_trained};
}

YoloV8::YoloV8(std::shared_ptr<Predictor> predictor, const DetectOptions& options)
    : predictor_(std::move(predictor)), options_(options) {
  const nlohmann::json& metadata = predictor_->metadata();
  const nlohmann::json network = metadata.value("network", nlohmann::json::object());
  if (network.value("family", "") != "yolov8")
    throw Error(
        ErrorCode::wrong_checkpoint,
        fmt::format("the checkpoint of the lesion detector holds a network of family '{}' where 'yolov8' is needed",
                    network.value("family", "")));
  if (metadata.contains("input")) options_.input = detect_input_from_json(metadata["input"], "detect");
  const int64_t channels = network.value("arguments", nlohmann::json::object()).value("in_channels", 3);
  if (channels != options_.input.channels())
    throw Error(
        ErrorCode::wrong_checkpoint,
        fmt::format("the lesion detector's network takes {} channels, but its input has {}; 'context_mm' of the "
                    "input adds two",
                    channels,
                    options_.input.channels()));
}

std::vector<DecodedHead> YoloV8::decode(const std::vector<PlaneImage>& images) const {
  const int64_t size = images[0].height;
  Array input{{int64_t(images.size()), options_.input.channels(), size, size}, {}};
  input.values.reserve(images.size() * images[0].values.size());
  for (const PlaneImage& image : images)
    input.values.insert(input.values.end(), image.values.begin(), image.values.end());
  const std::map<std::string, Array> outputs = predictor_->run(input, {"p3", "p4", "p5"});
  const std::vector<const Array*> levels{&outputs.at("p3"), &outputs.at("p4"), &outputs.at("p5")};
  std::vector<DecodedHead> heads(images.size());
  parallel_for(images.size(), [&](size_t n) { heads[n] = decode_head(levels, int64_t(n), size); });
  return heads;
}

std::vector<ScoredBox> YoloV8::boxes(const DecodedHead& head) const {
  return suppress_overlaps(boxes_above(head, options_.confidence), options_.iou);
}

std::unique_ptr<Detector> make_yolov8_detector(std::shared_ptr<Predictor> predictor, const DetectOptions& options) {
  return std::make_unique<YoloV8Detector>(std::move(predictor), options);
}

}  // namespace hepatica
