#include "train/classify_examples.h"

#include <algorithm>

namespace hepatica::train {
namespace {

constexpr int64_t kMargin = 16;      ///< pixels around the crop, for its jitter
constexpr double kTurnMargin = 1.3;  ///< of a fitted crop's side, for its corners when it is turned

LesionView<float> view_of(const LearningSlice& slice) {
  const Box2 whole{0, 0, double(slice.width), double(slice.height)};
  return {slice.hu, slice.width, slice.height, slice.target.value_or(whole), slice.lesion};
}

}  // namespace

PlaneImage network_input(const std::vector<LearningSlice>& planes, const ClassifyInput& input) {
  std::map<Phase, PlaneImage> images;
  for (const LearningSlice& plane : planes) images.emplace(plane.phase, classify_plane(view_of(plane), input));
  return input.fused() ? fused_input(images, input) : late_input(images.begin()->second);
}

ClassifyExamples::ClassifyExamples(const Mixture& data,
                                   ClassifyExampleOptions options,
                                   size_t classes,
                                   std::function<size_t(const MixtureItem&)> class_of)
    : data_(data),
      options_(std::move(options)),
      classes_(classes),
      class_of_(std::move(class_of)),
      partners_(data, options_.mix) {}

/// The planes of an item that the input needs; one of the phase `wanted` where it is given, none where it is not there.
std::vector<LearningSlice> ClassifyExamples::planes_of(const MixtureItem& item, std::optional<Phase> wanted) const {
  if (options_.input.fused()) return data_.phases(item);
  if (!wanted) return {data_.get(item)};
  for (LearningSlice& plane : data_.phases(item))
    if (plane.phase == *wanted) return {std::move(plane)};
  return {};
}

MixSample ClassifyExamples::sample_of(const MixtureItem& item, const std::vector<LearningSlice>& planes) const {
  const ClassifyInput& input = options_.input;
  MixSample sample;
  sample.region.resize(size_t(input.size) * size_t(input.size));
  sample.target.resize(classes_);
  sample.target[class_of_(item)] = 1;
  for (const LearningSlice& plane : planes) {
    const std::vector<uint8_t> region = crop_region(view_of(plane), input);
    for (size_t i = 0; i < region.size(); ++i) sample.region[i] |= region[i];
  }
  sample.image = network_input(planes, input);
  return sample;
}

MixSample ClassifyExamples::plain(const MixtureItem& item) const {
  return sample_of(item, planes_of(item, std::nullopt));
}

std::vector<LearningSlice> ClassifyExamples::varied(std::vector<LearningSlice> planes, Rng& rng) const {
  const ClassifyInput& input = options_.input;
  const double dx = rng.uniform(-1, 1) * options_.box_jitter_px, dy = rng.uniform(-1, 1) * options_.box_jitter_px;
  double longest = 0;
  for (LearningSlice& plane : planes) {
    if (!plane.target) continue;
    const Box2& box = *plane.target;
    longest = std::max({longest, box.width(), box.height()});
    plane.target = Box2{box.x0 + dx, box.y0 + dy, box.x1 + dx, box.y1 + dy};
  }
  const double field = input.scale == "fit" ? kTurnMargin * longest * (1 + 2 * input.margin) : 0;
  return augmented_planes(planes, input.size + 2 * kMargin, field, options_.augment, rng);
}

MixSample ClassifyExamples::mixed(const std::vector<MixtureItem>& items, size_t n, Rng& rng) const {
  const MixOptions& mix = options_.mix;
  const std::vector<LearningSlice> planes = planes_of(items[n], std::nullopt);
  MixSample own = sample_of(items[n], varied(planes, rng));
  if (mix.method == "none" || !rng.chance(mix.probability)) return own;
  const double share = rng.beta(mix.alpha, mix.alpha);
  const bool pkcp = mix.method == "pkcp";
  const std::optional<MixtureItem> partner =
      pkcp ? partners_.draw(items[n], rng) : items[size_t(rng.integer(0, int64_t(items.size()) - 1))];
  if (!partner) return own;
  const bool one_phase = pkcp && !options_.input.fused();
  const auto others = planes_of(*partner, one_phase ? std::optional(planes.front().phase) : std::nullopt);
  if (others.empty()) return own;
  const MixSample other = sample_of(*partner, varied(others, rng));
  if (mix.method == "cutmix") return cutmix(own, other, share, rng);
  if (pkcp && mix.region == "roi") return mix_lesions(own, other, share, mix.feather_px);
  return mixup(own, other, share);
}

/// Of the phases that are there, by their own channels.
void ClassifyExamples::drop_phases(PlaneImage& image, Rng& rng) const {
  const int64_t phases = image.channels / 2, size = image.width * image.height;
  const auto channel = [&](int64_t c) { return image.values.begin() + c * size; };
  std::vector<int64_t> there, kept;
  for (int64_t p = 0; p < phases; ++p)
    if (*channel(phases + p) > 0) there.push_back(p);
  for (const int64_t p : there)
    if (!rng.chance(options_.phase_dropout)) kept.push_back(p);
  if (kept.empty() && !there.empty()) kept.push_back(there[size_t(rng.integer(0, int64_t(there.size()) - 1))]);
  for (const int64_t p : there) {
    if (std::find(kept.begin(), kept.end(), p) != kept.end()) continue;
    std::fill_n(channel(p), size, 0.0f);
    std::fill_n(channel(phases + p), size, 0.0f);
  }
}

std::vector<MixSample> ClassifyExamples::training(const std::vector<MixtureItem>& items,
                                                  size_t first,
                                                  size_t count,
                                                  const Rng& rng) const {
  std::vector<MixSample> samples;
  for (size_t n = first; n < first + count; ++n) {
    Rng mine = rng.fork(n);
    samples.push_back(mixed(items, n, mine));
    if (options_.input.fused() && options_.phase_dropout > 0) drop_phases(samples.back().image, mine);
  }
  return samples;
}

}  // namespace hepatica::train
