#include "stages/classify/lilnet.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <set>

#include "base/progress.h"
#include "base/threads.h"
#include "nn/graph.h"
#include "stages/classify/phases.h"

namespace hepatica {
namespace {

constexpr size_t kMasks = 5;
const std::set<std::string> kFamilies{"lilnet", "resnet", "densenet", "efficientnet", "convnext"};

/// Weights [classes, channels] of a linear layer behind a layer norm, as they act on the channels' means before it:
/// times its gain, less their mean over the channels. The norm's division by the deviation is left out: it is one
/// factor for the whole image.
void undo_norm(std::vector<std::vector<float>>& weights, const Array& gain) {
  for (std::vector<float>& row : weights) {
    double mean = 0;
    for (size_t x = 0; x < row.size(); ++x) mean += double(row[x] *= gain.values[x]) / double(row.size());
    for (float& weight : row) weight -= float(mean);
  }
}

class LilNetClassifier final : public Classifier {
 public:
  LilNetClassifier(std::shared_ptr<Predictor> predictor,
                   std::string task,
                   const std::vector<std::string>& classes,
                   const ClassifyOptions& options)
      : network_(std::move(predictor), task, classes, options), task_(std::move(task)) {}

  const std::string& task() const override { return task_; }
  const std::vector<std::string>& classes() const override { return network_.classes(); }

  std::vector<ImagePrediction> classify(const PreprocessedStudy& study,
                                        const std::vector<Detection>& detections) const override {
    const std::vector<std::vector<double>> logits =
        network_.logits(detections.size(), [&](size_t n) { return crop_of(study, detections, n); });
    std::vector<ImagePrediction> predictions(detections.size());
    for (size_t n = 0; n < detections.size(); ++n) {
      const Volume<int16_t>& hu = study.images[detections[n].image].hu;
      predictions[n].detection = detections[n];
      predictions[n].crop = crop_box(detections[n].box, hu.nx(), hu.ny(), network_.input());
      predictions[n].logits = logits[n];
    }
    return predictions;
  }

  std::vector<FeatureMap> features(const PreprocessedStudy& study,
                                   const std::vector<Detection>& detections) const override {
    return network_.features(detections.size(), [&](size_t n) { return crop_of(study, detections, n); });
  }

  std::vector<std::vector<float>> class_weights() const override { return network_.class_weights(); }

 private:
  PlaneImage plane_of(const PreprocessedStudy& study, const Detection& detection) const {
    const PhaseImage& image = study.images[detection.image];
    const Volume<int16_t>& hu = image.hu;
    LesionView<int16_t> view{hu.slice(detection.slice), hu.nx(), hu.ny(), detection.box, {}};
    return classify_plane(view, network_.input());
  }

  PlaneImage crop_of(const PreprocessedStudy& study, const std::vector<Detection>& detections, size_t n) const {
    if (!network_.input().fused()) return late_input(plane_of(study, detections[n]));
    std::map<Phase, PlaneImage> planes;
    for (const Detection& plane : same_plane(study, detections, n))
      planes.emplace(study.images[plane.image].phase, plane_of(study, plane));
    return fused_input(planes, network_.input());
  }

  CropNetwork network_;
  std::string task_;
};

}  // namespace

ClassifyOptions read_classify_options(const Block& block) {
  ClassifyOptions options;
  OptionReader reader(block);
  options.input = classify_input_from_block(reader.block("input"));
  options.batch = reader.integer("batch", options.batch, 1, 512);
  options.images_per_phase = reader.integer("images_per_phase", options.images_per_phase, 0, 10000);
  options.networks = reader.texts("networks", options.networks);
  options.combine = reader.choice("combine", options.combine, {"best", "logits", "probabilities"});
  reader.finish();
  return options;
}

std::vector<Detection> sampled(const std::vector<Detection>& detections, int64_t limit) {
  if (limit <= 0) return detections;
  std::map<size_t, std::vector<size_t>> of_image;
  for (size_t d = 0; d < detections.size(); ++d) of_image[detections[d].image].push_back(d);
  std::vector<size_t> chosen;
  for (const auto& [image, members] : of_image) {
    const auto count = std::min(members.size(), size_t(limit));
    // The middles of `count` equal parts: the poles of a lesion say least.
    for (size_t n = 0; n < count; ++n) chosen.push_back(members[(2 * n + 1) * members.size() / (2 * count)]);
  }
  std::sort(chosen.begin(), chosen.end());
  std::vector<Detection> kept;
  for (size_t d : chosen) kept.push_back(detections[d]);
  return kept;
}

std::vector<double> aggregate_masks(std::span<const float> out4, std::span<const float> out3, size_t classes) {
  std::vector<double> logits(classes, 0.0);
  for (size_t c = 0; c < classes; ++c)
    for (size_t j = 0; j < kMasks; ++j) {
      const size_t at = j * kMasks * classes + kMasks * c + j;
      logits[c] += (double(out4[at]) + double(out3[at])) / double(2 * kMasks);
    }
  return logits;
}

std::vector<std::vector<float>> lilnet_class_weights(const Array& fc, const Array& fc_ens) {
  const size_t classes = size_t(fc.shape[0]) / kMasks, inner = size_t(fc.shape[1]), channels = size_t(fc_ens.shape[1]);
  std::vector<std::vector<float>> weights(classes, std::vector<float>(channels, 0.0f));
  for (size_t c = 0; c < classes; ++c)
    for (size_t m = 0; m < inner; ++m) {
      const float factor = fc.values[kMasks * c * inner + m];
      for (size_t x = 0; x < channels; ++x) weights[c][x] += factor * fc_ens.values[m * channels + x];
    }
  return weights;
}

CropNetwork::CropNetwork(std::shared_ptr<Predictor> predictor,
                         const std::string& task,
                         std::vector<std::string> classes,
                         const ClassifyOptions& options)
    : predictor_(std::move(predictor)), classes_(std::move(classes)), options_(options) {
  const nlohmann::json& metadata = predictor_->metadata();
  const nlohmann::json network = metadata.value("network", nlohmann::json::object());
  const std::string family = network.value("family", "");
  if (!kFamilies.count(family))
    throw Error(ErrorCode::wrong_checkpoint,
                fmt::format("the checkpoint for '{}' holds a network of family '{}' where a classifier is needed ({})",
                            task,
                            family,
                            fmt::join(kFamilies, ", ")));
  lilnet_ = family == "lilnet";
  if (metadata.contains("classes") && metadata["classes"].is_array()) {
    const auto named = metadata["classes"].get<std::vector<std::string>>();
    if (!classes_.empty() && named != classes_)
      throw Error(ErrorCode::wrong_checkpoint,
                  fmt::format("the checkpoint for '{}' was trained for other classes ({}) than the recipe names",
                              task,
                              metadata["classes"].dump()));
    classes_ = named;
  }
  const auto count = network.value("arguments", nlohmann::json::object()).value("classes", int64_t(classes_.size()));
  if (count != int64_t(classes_.size()))
    throw Error(
        ErrorCode::wrong_checkpoint,
        fmt::format(
            "the checkpoint for '{}' tells {} classes apart where {} are needed", task, count, classes_.size()));
  if (metadata.contains("input")) options_.input = classify_input_from_json(metadata["input"], task);
  const auto channels = network.value("arguments", nlohmann::json::object()).value("in_channels", int64_t(3));
  if (channels != options_.input.channels())
    throw Error(
        ErrorCode::wrong_checkpoint,
        fmt::format("the network for '{}' takes {} channels, its input has {}: see stages.classify.options.input",
                    task,
                    channels,
                    options_.input.channels()));
}

std::map<std::string, Array> CropNetwork::run(size_t first,
                                              size_t count,
                                              const std::function<PlaneImage(size_t)>& crop,
                                              const std::vector<std::string>& wanted) const {
  check_interrupted();
  const int64_t side = options_.input.size, channels = options_.input.channels();
  const size_t size = size_t(channels * side * side);
  Array input{{int64_t(count), channels, side, side}, std::vector<float>(count * size)};
  parallel_for(count, [&](size_t n) {
    const PlaneImage image = crop(first + n);
    std::copy(image.values.begin(), image.values.end(), input.values.begin() + std::ptrdiff_t(n * size));
  });
  return predictor_->run(input, wanted);
}

std::vector<std::vector<double>> CropNetwork::logits(size_t count,
                                                     const std::function<PlaneImage(size_t)>& crop) const {
  std::vector<std::vector<double>> all;
  const size_t classes = classes_.size();
  Progress progress("types", count);
  for (size_t first = 0; first < count; first += size_t(options_.batch)) {
    const size_t batch = std::min(size_t(options_.batch), count - first);
    const auto outputs = run(
        first, batch, crop, lilnet_ ? std::vector<std::string>{"out4", "out3"} : std::vector<std::string>{"logits"});
    for (size_t n = 0; n < batch; ++n) {
      if (lilnet_) {
        const size_t size = kMasks * kMasks * classes;
        all.push_back(aggregate_masks({outputs.at("out4").values.data() + n * size, size},
                                      {outputs.at("out3").values.data() + n * size, size},
                                      classes));
      } else {
        const float* row = outputs.at("logits").values.data() + n * classes;
        all.emplace_back(row, row + classes);
      }
    }
    progress.advance(batch);
  }
  return all;
}

std::vector<FeatureMap> CropNetwork::features(size_t count, const std::function<PlaneImage(size_t)>& crop) const {
  std::vector<FeatureMap> maps;
  for (size_t first = 0; first < count; first += size_t(options_.batch)) {
    const size_t batch = std::min(size_t(options_.batch), count - first);
    const Array features = std::move(run(first, batch, crop, {"features4"}).at("features4"));
    const size_t size = features.values.size() / batch;
    for (size_t n = 0; n < batch; ++n) {
      const auto begin = features.values.begin() + std::ptrdiff_t(n * size);
      maps.push_back({features.shape[1], features.shape[2], features.shape[3], {begin, begin + std::ptrdiff_t(size)}});
    }
  }
  return maps;
}

std::vector<std::vector<float>> CropNetwork::class_weights() const {
  if (lilnet_) return lilnet_class_weights(predictor_->parameter("fc.weight"), predictor_->parameter("fc_ens.weight"));
  const nlohmann::json& network = predictor_->metadata()["network"];
  const nn::Graph graph = nn::build_graph(network["family"], network["arguments"]);
  const auto node = [&](const std::string& name) {
    return *std::find_if(graph.nodes.begin(), graph.nodes.end(), [&](const nn::Node& n) { return n.name == name; });
  };
  const nn::Node head = node(graph.outputs.at("logits")), before = node(head.inputs.front());
  const Array fc = predictor_->parameter(head.name + ".weight");
  std::vector<std::vector<float>> weights;
  for (int64_t c = 0; c < fc.shape[0]; ++c)
    weights.emplace_back(fc.values.begin() + c * fc.shape[1], fc.values.begin() + (c + 1) * fc.shape[1]);
  if (before.op == "layer_norm") undo_norm(weights, predictor_->parameter(before.name + ".weight"));
  return weights;
}

std::unique_ptr<Classifier> make_lilnet_classifier(std::shared_ptr<Predictor> predictor,
                                                   const std::string& task,
                                                   const std::vector<std::string>& classes,
                                                   const ClassifyOptions& options) {
  return std::make_unique<LilNetClassifier>(std::move(predictor), task, classes, options);
}

}  // namespace hepatica
