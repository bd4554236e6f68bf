#include "stages/explain/expected_gradients.h"

#include <algorithm>
#include <numeric>

#include "base/error.h"
#include "base/rng.h"
#include "image/mask_area.h"

namespace hepatica {
namespace {

constexpr size_t kChunk = 16;         // gradients held at a time
constexpr double kLeastShare = 0.25;  // of the largest slice's liver

PlaneImage between(const PlaneImage& from, const PlaneImage& to, float alpha) {
  PlaneImage image = from;
  for (size_t v = 0; v < image.values.size(); ++v) image.values[v] += alpha * (to.values[v] - from.values[v]);
  return image;
}

/// One path from a baseline to the crop, at one place.
struct Sample {
  size_t baseline = 0;
  float alpha = 0;
};

std::vector<Sample> samples_of(size_t baselines, const ExpectedGradientsOptions& options) {
  const size_t each = (size_t(options.samples) + baselines - 1) / baselines;
  Rng rng(uint64_t(options.seed));
  std::vector<Sample> samples;
  for (size_t b = 0; b < baselines; ++b)
    for (size_t part = 0; part < each; ++part)
      samples.push_back({b, float((double(part) + rng.uniform()) / double(each))});
  return samples;
}

double mean_logit(const CropModel& model, const std::vector<PlaneImage>& crops, const LogitWeights& of) {
  double sum = 0;
  for (const CropGradient& g :
       model.gradients(crops, std::vector<LogitWeights>(crops.size(), of), CropModel::Layer::input))
    sum += g.logit;
  return sum / double(crops.size());
}

Box2 liver_middle(const Mask& liver, int64_t k) {
  double x = 0, y = 0, n = 0;
  for (int64_t j = 0; j < liver.ny(); ++j)
    for (int64_t i = 0; i < liver.nx(); ++i)
      if (liver.at(i, j, k)) {
        x += double(i);
        y += double(j);
        ++n;
      }
  return {x / n, y / n, x / n + 1, y / n + 1};
}

}  // namespace

ExpectedGradientsOptions read_expected_gradients_options(const Block& block) {
  ExpectedGradientsOptions options;
  OptionReader reader(block);
  options.baseline = reader.choice("baseline", options.baseline, {"liver", "zero", "black"});
  options.baselines = reader.integer("baselines", options.baselines, 1, 256);
  options.samples = reader.integer("samples", options.samples, 1, 100000);
  options.seed = reader.integer("seed", options.seed, 0, 1000000000);
  reader.finish();
  return options;
}

PixelValues expected_gradients(const CropModel& model,
                               const PlaneImage& crop,
                               const LogitWeights& of,
                               const std::vector<PlaneImage>& baselines,
                               const ExpectedGradientsOptions& options) {
  HEPATICA_ASSERT(!baselines.empty());
  const std::vector<Sample> samples = samples_of(baselines.size(), options);
  const auto pixels = size_t(crop.width * crop.height);
  std::vector<double> sums(pixels, 0.0);
  for (size_t first = 0; first < samples.size(); first += kChunk) {
    std::vector<PlaneImage> places;
    for (size_t s = first; s < std::min(first + kChunk, samples.size()); ++s)
      places.push_back(between(baselines[samples[s].baseline], crop, samples[s].alpha));
    const auto gradients =
        model.gradients(places, std::vector<LogitWeights>(places.size(), of), CropModel::Layer::input);
    for (size_t s = 0; s < places.size(); ++s) {
      const PlaneImage& baseline = baselines[samples[first + s].baseline];
      for (size_t v = 0; v < crop.values.size(); ++v)
        sums[v % pixels] += (double(crop.values[v]) - baseline.values[v]) * gradients[s].gradient.values[v];
    }
  }
  PixelValues result{crop.height, crop.width, {}, {}};
  for (const double sum : sums) result.values.push_back(float(sum / double(samples.size())));
  result.additivity = {mean_logit(model, {crop}, of),
                       mean_logit(model, baselines, of),
                       std::accumulate(sums.begin(), sums.end(), 0.0) / double(samples.size())};
  return result;
}

std::vector<Detection> liver_places(const PreprocessedStudy& study,
                                    size_t index,
                                    const std::vector<Detection>& findings,
                                    int64_t count) {
  const Mask& liver = study.images[index].liver;
  int64_t largest = 1;
  for (int64_t k = 0; k < liver.nz(); ++k) largest = std::max(largest, labelled_pixels(liver, k));
  std::vector<int64_t> slices;
  for (int64_t k = 0; k < liver.nz(); ++k) {
    const bool found = std::any_of(
        findings.begin(), findings.end(), [&](const Detection& d) { return d.image == index && d.slice == k; });
    if (!found && double(labelled_pixels(liver, k)) >= kLeastShare * double(largest)) slices.push_back(k);
  }
  const auto wanted = std::min(count, int64_t(slices.size()));
  std::vector<Detection> places;
  for (int64_t n = 0; n < wanted; ++n) {
    const int64_t k = slices[size_t((2 * n + 1) * int64_t(slices.size()) / (2 * wanted))];
    places.push_back({index, k, liver_middle(liver, k), 1});
  }
  return places;
}

}  // namespace hepatica
