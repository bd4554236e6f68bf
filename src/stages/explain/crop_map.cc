#include "stages/explain/crop_map.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "stages/explain/activation.h"

namespace hepatica {
namespace {

constexpr size_t kBrightest = 200;  // one pixel in as many is shown at 1

/// The classes' weights on the channels times `of`, summed.
std::vector<float> channel_weights(const std::vector<std::vector<float>>& class_weights, const LogitWeights& of) {
  std::vector<float> sum(class_weights.front().size(), 0.0f);
  for (size_t c = 0; c < of.size(); ++c)
    for (size_t channel = 0; channel < sum.size(); ++channel) sum[channel] += of[c] * class_weights[c][channel];
  return sum;
}

std::vector<CropMap> class_activation(const CropModel& model,
                                      const std::vector<PlaneImage>& crops,
                                      const std::vector<LogitWeights>& of) {
  const std::vector<FeatureMap> features = model.features(crops);
  const std::vector<std::vector<float>> weights = model.class_weights();
  std::vector<CropMap> maps;
  for (size_t n = 0; n < crops.size(); ++n)
    maps.push_back(
        {features[n].rows, features[n].columns, activation_map(features[n], channel_weights(weights, of[n])), {}});
  return maps;
}

std::vector<CropMap> by_gradients(const CropModel& model,
                                  const std::vector<PlaneImage>& crops,
                                  const std::vector<LogitWeights>& of,
                                  std::vector<float> (*map_of)(const FeatureMap&, const FeatureMap&)) {
  std::vector<CropMap> maps;
  for (const CropGradient& g : model.gradients(crops, of, CropModel::Layer::features))
    maps.push_back({g.at.rows, g.at.columns, map_of(g.at, g.gradient), {}});
  return maps;
}

std::vector<CropMap> by_expected_gradients(const CropModel& model,
                                           const std::vector<PlaneImage>& crops,
                                           const std::vector<LogitWeights>& of,
                                           const ExpectedGradientsOptions& options,
                                           const BaselinesOf& baselines) {
  std::vector<CropMap> maps;
  for (size_t n = 0; n < crops.size(); ++n) {
    PixelValues pixels = expected_gradients(model, crops[n], of[n], baselines(n), options);
    maps.push_back({pixels.rows, pixels.columns, std::move(pixels.values), pixels.additivity});
  }
  return maps;
}

PlaneImage filled_like(PlaneImage crop, float value) {
  std::fill(crop.values.begin(), crop.values.end(), value);
  return crop;
}

}  // namespace

const std::vector<std::string>& map_methods() {
  static const std::vector<std::string> kMethods{"cam", "grad_cam", "grad_cam_pp", "expected_gradients"};
  return kMethods;
}

ExplainOptions read_explain_options(const Block& block) {
  ExplainOptions options;
  OptionReader reader(block);
  options.maps = reader.boolean("maps", options.maps);
  options.lesions = reader.integer("lesions", options.lesions, 0, 1000);
  options.method = reader.choice("method", options.method, map_methods());
  options.target = reader.choice("target", options.target, {"logit", "margin"});
  options.voxels = reader.boolean("voxels", options.voxels);
  options.expected_gradients = read_expected_gradients_options(reader.block("expected_gradients"));
  options.phase_shapley = read_phase_shapley_options(reader.block("phase_shapley"));
  reader.finish();
  return options;
}

LogitWeights target_weights(const std::string& target, size_t chosen, size_t classes) {
  const bool margin = target == "margin" && classes > 1;
  LogitWeights of(classes, margin ? -1.0f / float(classes - 1) : 0.0f);
  of[chosen] = 1;
  return of;
}

std::vector<CropMap> crop_maps(const CropModel& model,
                               const std::vector<PlaneImage>& crops,
                               const std::vector<size_t>& classes,
                               const ExplainOptions& options,
                               const BaselinesOf& baselines) {
  HEPATICA_ASSERT(crops.size() == classes.size());
  std::vector<LogitWeights> of;
  for (const size_t chosen : classes) of.push_back(target_weights(options.target, chosen, model.classes().size()));
  if (options.method == "cam") return class_activation(model, crops, of);
  if (options.method == "grad_cam") return by_gradients(model, crops, of, grad_cam);
  if (options.method == "grad_cam_pp") return by_gradients(model, crops, of, grad_cam_plus_plus);
  return by_expected_gradients(model, crops, of, options.expected_gradients, baselines);
}

Baselines baselines_of(const CropModel& model,
                       const PreprocessedStudy& study,
                       size_t image,
                       const std::vector<Detection>& findings,
                       const ExpectedGradientsOptions& options) {
  const PlaneImage any = model.crop(study, {image, 0, {0, 0, 1, 1}, 1});
  if (options.baseline == "black") return {{filled_like(any, model.black())}, ""};
  if (options.baseline == "zero") return {{filled_like(any, 0)}, ""};
  Baselines result;
  for (const Detection& place : liver_places(study, image, findings, options.baselines))
    result.crops.push_back(model.crop(study, place));
  if (!result.crops.empty()) return result;
  return {
      {filled_like(any, 0)},
      fmt::format("expected gradients: the {} image has no slice of liver without a finding to compare with; a crop "
                  "of the network's mean value is taken",
                  name_of(study.images[image].phase))};
}

std::vector<float> shown_map(const CropMap& map) {
  std::vector<float> shown = map.values;
  for (float& value : shown) value = std::max(value, 0.0f);
  std::vector<float> sorted = shown;
  const size_t beyond = map.additivity ? sorted.size() / kBrightest : 0;
  const auto place = sorted.begin() + std::ptrdiff_t(beyond);
  std::nth_element(sorted.begin(), place, sorted.end(), std::greater<>());
  const float top = *place > 0 ? *place : *std::max_element(sorted.begin(), sorted.end());
  if (top > 0)
    for (float& value : shown) value = std::min(value / top, 1.0f);
  return shown;
}

std::vector<float> map_on_pixels(const CropMap& map, int64_t rows, int64_t columns) {
  if (rows == map.rows && columns == map.columns) return map.values;
  return resample_plane(map.values,
                        map.columns,
                        map.rows,
                        {AxisMap::resize(map.columns, columns), AxisMap::resize(map.rows, rows)},
                        columns,
                        rows);
}

}  // namespace hepatica
