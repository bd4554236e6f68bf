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
constexpr char kFeatures[] = "features4";

/// Sample n of an output [N, C, H, W].
FeatureMap sample_of(const Array& all, size_t n) {
  const size_t size = all.values.size() / size_t(all.shape[0]);
  const auto begin = all.values.begin() + std::ptrdiff_t(n * size);
  return {all.shape[1], all.shape[2], all.shape[3], {begin, begin + std::ptrdiff_t(size)}};
}

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
  LilNetClassifier(const CropNetwork& network, std::string task)
      : network_(network), task_(std::move(task)), model_(make_crop_model(network)) {}

  const std::string& task() const override { return task_; }
  const std::vector<std::string>& classes() const override { return network_.classes(); }

  std::vector<ImagePrediction> classify(const PreprocessedStudy& study,
                                        const std::vector<Detection>& detections) const override {
    Progress progress("types", detections.size());
    const std::vector<std::vector<double>> logits = network_.logits(detections.size(), [&](size_t n) {
      progress.advance();
      return crop_of(study, detections, n);
    });
    std::vector<ImagePrediction> predictions(detections.size());
    for (size_t n = 0; n < detections.size(); ++n) {
      predictions[n].detection = detections[n];
      predictions[n].crop = model_->crop_box(study, detections[n]);
      predictions[n].logits = logits[n];
    }
    return predictions;
  }

  const CropModel& crop_model() const override { return *model_; }

 private:
  PlaneImage crop_of(const PreprocessedStudy& study, const std::vector<Detection>& detections, size_t n) const {
    return network_crop(study, detections, n, network_.input());
  }

  CropNetwork network_;
  std::string task_;
  std::unique_ptr<CropModel> model_;
};

}  // namespace

ClassifyOptions read_classify_options(const Block& block) {
  ClassifyOptions options;
  OptionReader reader(block);
  options.input = classify_input_from_block(reader.block("input"));
  options.batch = reader.integer("batch", options.batch, 1, 512);
  options.images_per_phase = reader.integer("images_per_phase", options.images_per_phase, 0, 10000);
  options.all_phases = reader.boolean("all_phases", options.all_phases);
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

Array aggregate_weights(const std::vector<LogitWeights>& of) {
  const size_t columns = kMasks * of.front().size();
  Array weights{{int64_t(kMasks * of.size()), int64_t(columns)},
                std::vector<float>(kMasks * of.size() * columns, 0.0f)};
  for (size_t n = 0; n < of.size(); ++n)
    for (size_t c = 0; c < of[n].size(); ++c)
      for (size_t j = 0; j < kMasks; ++j)
        weights.values[(kMasks * n + j) * columns + kMasks * c + j] = of[n][c] / float(2 * kMasks);
  return weights;
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

Array CropNetwork::batch_of(size_t first, size_t count, const std::function<PlaneImage(size_t)>& crop) const {
  check_interrupted();
  const int64_t side = options_.input.size, channels = options_.input.channels();
  const size_t size = size_t(channels * side * side);
  Array input{{int64_t(count), channels, side, side}, std::vector<float>(count * size)};
  parallel_for(count, [&](size_t n) {
    const PlaneImage image = crop(first + n);
    std::copy(image.values.begin(), image.values.end(), input.values.begin() + std::ptrdiff_t(n * size));
  });
  return input;
}

std::map<std::string, Array> CropNetwork::run(size_t first,
                                              size_t count,
                                              const std::function<PlaneImage(size_t)>& crop,
                                              const std::vector<std::string>& wanted) const {
  return predictor_->run(batch_of(first, count, crop), wanted);
}

std::vector<std::vector<double>> CropNetwork::logits(size_t count,
                                                     const std::function<PlaneImage(size_t)>& crop) const {
  std::vector<std::vector<double>> all;
  const size_t classes = classes_.size();
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
  }
  return all;
}

std::vector<FeatureMap> CropNetwork::features(size_t count, const std::function<PlaneImage(size_t)>& crop) const {
  std::vector<FeatureMap> maps;
  for (size_t first = 0; first < count; first += size_t(options_.batch)) {
    const size_t batch = std::min(size_t(options_.batch), count - first);
    const auto outputs = run(first, batch, crop, {kFeatures});
    for (size_t n = 0; n < batch; ++n) maps.push_back(sample_of(outputs.at(kFeatures), n));
  }
  return maps;
}

std::vector<CropGradient> CropNetwork::gradients(const std::vector<PlaneImage>& crops,
                                                 const std::vector<LogitWeights>& of,
                                                 CropModel::Layer at) const {
  HEPATICA_ASSERT(crops.size() == of.size());
  std::vector<CropGradient> all;
  for (size_t first = 0; first < crops.size(); first += size_t(options_.batch)) {
    const size_t batch = std::min(size_t(options_.batch), crops.size() - first);
    const Array input = batch_of(first, batch, [&](size_t n) { return crops[n]; });
    const std::vector<LogitWeights> part(of.begin() + std::ptrdiff_t(first),
                                         of.begin() + std::ptrdiff_t(first + batch));
    const Differential d =
        predictor_->differentiate(input, output_weights(part), at == CropModel::Layer::input ? "input" : kFeatures);
    for (size_t n = 0; n < batch; ++n) all.push_back({d.values[n], sample_of(d.at, n), sample_of(d.gradient, n)});
  }
  return all;
}

std::map<std::string, Array> CropNetwork::output_weights(const std::vector<LogitWeights>& of) const {
  if (lilnet_) {
    const Array weights = aggregate_weights(of);
    return {{"out4", weights}, {"out3", weights}};
  }
  Array weights{{int64_t(of.size()), int64_t(classes_.size())}, {}};
  for (const LogitWeights& one : of) weights.values.insert(weights.values.end(), one.begin(), one.end());
  return {{"logits", weights}};
}

CropNetwork CropNetwork::with_random_layers(size_t layers, uint64_t seed) const {
  CropNetwork changed = *this;
  changed.predictor_ = predictor_->with_random_layers(layers, seed);
  return changed;
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
  return std::make_unique<LilNetClassifier>(CropNetwork(std::move(predictor), task, classes, options), task);
}

}  // namespace hepatica
