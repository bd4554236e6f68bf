#include "stages/detect/verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/strict_json.h"

namespace hepatica {
namespace {

constexpr int64_t kBatch = 64;  // crops a call

AxisMap centered(double center, double side, int64_t target) {
  const double scale = side / double(target);
  return {scale, center - 0.5 * side + 0.5 * scale - 0.5};
}

}  // namespace

PlaneImage verify_crop(const PlaneImage& image, const Box2& box, const VerifyInput& input) {
  const double side = std::max(double(input.size), std::max(box.width(), box.height()) / input.part);
  const PlaneMap map{centered(box.center_x(), side, input.size), centered(box.center_y(), side, input.size)};
  PlaneImage crop{image.channels, input.size, input.size, {}};
  const size_t area = size_t(image.width * image.height);
  for (int64_t c = 0; c < image.channels; ++c) {
    const std::span<const float> channel(image.values.data() + size_t(c) * area, area);
    const std::vector<float> part = resample_plane(channel, image.width, image.height, map, input.size, input.size);
    crop.values.insert(crop.values.end(), part.begin(), part.end());
  }
  return crop;
}

nlohmann::json json_from_input(const VerifyInput& input) {
  return {{"size", input.size}, {"part", input.part}, {"detector", json_from_input(input.detector)}};
}

VerifyInput verify_input_from_json(const nlohmann::json& json, const std::string& source) {
  VerifyInput input;
  if (!json.is_object() || !json.contains("detector"))
    throw Error(ErrorCode::wrong_checkpoint, source + ": metadata 'input' does not say the detector's input");
  nlohmann::json own = json;
  own.erase("detector");
  StrictJson reader(own, source + ": metadata 'input'", ErrorCode::wrong_checkpoint);
  input.size = int(reader.integer("size", input.size, 16, 512));
  input.part = reader.number("part", input.part, 0.05, 1);
  reader.finish();
  input.detector = detect_input_from_json(json["detector"], source);
  return input;
}

Verifier::Verifier(std::shared_ptr<Predictor> predictor, const DetectInput& detector)
    : predictor_(std::move(predictor)) {
  const nlohmann::json& metadata = predictor_->metadata();
  const nlohmann::json network = metadata.value("network", nlohmann::json::object());
  const int64_t classes = network.value("arguments", nlohmann::json::object()).value("classes", 0);
  if (network.value("family", "") != "resnet" || classes != 2)
    throw Error(
        ErrorCode::wrong_checkpoint,
        fmt::format("the checkpoint of the lesion verifier holds a network of family '{}' with {} classes where "
                    "a 'resnet' with 2 is needed",
                    network.value("family", ""),
                    classes));
  input_ = verify_input_from_json(metadata.value("input", nlohmann::json()), "verify");
  if (!(input_.detector == detector))
    throw Error(ErrorCode::wrong_checkpoint,
                "the lesion verifier was trained behind a detector with another input than this one: take verify and "
                "detect checkpoints that belong together, or remove the verifier's from the models' folder");
}

std::vector<double> Verifier::probabilities(const std::vector<PlaneImage>& crops) const {
  std::vector<double> all;
  for (size_t first = 0; first < crops.size(); first += size_t(kBatch)) {
    const size_t count = std::min(size_t(kBatch), crops.size() - first);
    Array batch{{int64_t(count), crops[first].channels, input_.size, input_.size}, {}};
    for (size_t n = first; n < first + count; ++n)
      batch.values.insert(batch.values.end(), crops[n].values.begin(), crops[n].values.end());
    const Array logits = predictor_->run(batch, {"logits"}).at("logits");
    for (size_t n = 0; n < count; ++n)
      all.push_back(1.0 / (1.0 + std::exp(double(logits.values[2 * n]) - double(logits.values[2 * n + 1]))));
  }
  return all;
}

double verified_score(double detected, double verified) { return std::sqrt(detected * verified); }

}  // namespace hepatica
