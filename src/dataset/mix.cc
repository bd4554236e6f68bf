#include "dataset/mix.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/error.h"
#include "dataset/intensity.h"

namespace hepatica {
namespace {

void mix_targets(MixSample& a, const std::vector<float>& b, double share) {
  for (size_t c = 0; c < a.target.size(); ++c)
    a.target[c] = float(share * double(a.target[c]) + (1 - share) * double(b[c]));
}

/// First and end of a stretch of `length` around `center`, within 0 .. size.
std::pair<int64_t, int64_t> stretch(double center, double length, int64_t size) {
  const auto first = std::clamp<int64_t>(std::llround(center - 0.5 * length), 0, size);
  return {first, std::clamp<int64_t>(std::llround(center + 0.5 * length), first, size)};
}

/// How much of `b` each pixel takes: 1 where both regions lie, fading inwards at the border, 0 outside.
std::vector<float> blend_weights(const MixSample& a, const MixSample& b, double feather_px) {
  std::vector<float> weights;
  for (size_t i = 0; i < a.region.size(); ++i) weights.push_back(a.region[i] && b.region[i] ? 1.0f : 0.0f);
  if (feather_px <= 0) return weights;
  std::vector<float> soft = weights;
  blur(soft, a.image.width, a.image.height, 0.5 * feather_px);
  // The blur is one half on a straight border: what lies above that, spread to 0 .. 1, fades inside only.
  for (size_t i = 0; i < soft.size(); ++i)
    if (weights[i] > 0) weights[i] = std::clamp(2 * soft[i] - 1, 0.0f, 1.0f);
  return weights;
}

bool is_zero(const PlaneImage& image, int64_t channel) {
  const size_t size = size_t(image.width * image.height);
  const auto begin = image.values.begin() + channel * int64_t(size);
  return std::all_of(begin, begin + int64_t(size), [](float v) { return v == 0; });
}

std::string side_of(const MixOptions& options, const std::string& label) {
  for (const auto& [side, labels] : options.sides)
    if (std::find(labels.begin(), labels.end(), label) != labels.end()) return side;
  return "";
}

std::map<std::string, std::vector<std::string>> read_sides(const Block& block) {
  std::map<std::string, std::vector<std::string>> sides;
  std::set<std::string> seen;
  OptionReader reader(block);
  for (const auto& entry : block.node) {
    const auto name = entry.first.as<std::string>();
    sides[name] = reader.texts(name, {});
    for (const std::string& label : sides[name])
      if (!seen.insert(label).second)
        throw Error(ErrorCode::bad_recipe, fmt::format("{}: {}: '{}' stands twice", block.file, block.path, label));
  }
  reader.finish();
  return sides;
}

std::map<std::string, std::map<std::string, double>> read_affinity(const Block& block) {
  std::map<std::string, std::map<std::string, double>> affinity;
  OptionReader reader(block);
  for (const auto& entry : block.node) {
    const auto name = entry.first.as<std::string>();
    const Block row = reader.block(name);
    OptionReader weights(row);
    for (const auto& weight : row.node) {
      const auto partner = weight.first.as<std::string>();
      affinity[name][partner] = weights.number(partner, 1, 0, 1e6);
    }
    weights.finish();
  }
  reader.finish();
  return affinity;
}

}  // namespace

MixOptions mix_options(OptionReader& reader) {
  MixOptions o;
  o.method = reader.choice("method", o.method, {"none", "mixup", "cutmix", "pkcp"});
  o.alpha = reader.number("alpha", o.alpha, 0.01, 100);
  o.probability = reader.number("probability", o.probability, 0, 1);
  o.region = reader.choice("region", o.region, {"roi", "image"});
  o.feather_px = reader.number("feather_px", o.feather_px, 0, 100);
  o.sides = read_sides(reader.block("sides"));
  o.same = reader.number("same", o.same, 0, 1e6);
  o.within = reader.number("within", o.within, 0, 1e6);
  o.across = reader.number("across", o.across, 0, 1e6);
  o.affinity = read_affinity(reader.block("affinity"));
  o.rarity = reader.number("rarity", o.rarity, 0, 4);
  return o;
}

MixSample mixup(const MixSample& a, const MixSample& b, double share) {
  HEPATICA_ASSERT(a.image.values.size() == b.image.values.size() && a.target.size() == b.target.size());
  MixSample mixed = a;
  for (size_t i = 0; i < mixed.image.values.size(); ++i)
    mixed.image.values[i] = float(share * double(a.image.values[i]) + (1 - share) * double(b.image.values[i]));
  for (size_t i = 0; i < mixed.region.size(); ++i) mixed.region[i] = a.region[i] || b.region[i];
  mix_targets(mixed, b.target, share);
  return mixed;
}

MixSample cutmix(const MixSample& a, const MixSample& b, double share, Rng& rng) {
  HEPATICA_ASSERT(a.image.values.size() == b.image.values.size() && a.target.size() == b.target.size());
  const int64_t width = a.image.width, height = a.image.height;
  const double part = std::sqrt(1 - share);
  const auto [left, right] = stretch(rng.uniform(0, double(width)), part * double(width), width);
  const auto [top, bottom] = stretch(rng.uniform(0, double(height)), part * double(height), height);
  MixSample mixed = a;
  for (int64_t channel = 0; channel < a.image.channels; ++channel)
    for (int64_t y = top; y < bottom; ++y) {
      const int64_t row = (channel * height + y) * width;
      std::copy_n(b.image.values.begin() + row + left, right - left, mixed.image.values.begin() + row + left);
    }
  mix_targets(mixed, b.target, 1 - double((right - left) * (bottom - top)) / double(width * height));
  return mixed;
}

MixSample mix_lesions(const MixSample& a, const MixSample& b, double share, double feather_px) {
  HEPATICA_ASSERT(a.image.values.size() == b.image.values.size() && a.target.size() == b.target.size());
  const std::vector<float> weights = blend_weights(a, b, feather_px);
  double inside = 0, taken = 0;
  for (size_t i = 0; i < weights.size(); ++i) {
    inside += a.region[i] != 0;
    taken += double(weights[i]);
  }
  if (taken == 0) return a;
  MixSample mixed = a;
  const size_t size = weights.size();
  for (int64_t channel = 0; channel < a.image.channels; ++channel) {
    if (is_zero(a.image, channel) || is_zero(b.image, channel)) continue;
    for (size_t i = 0; i < size; ++i) {
      const size_t at = size_t(channel) * size + i;
      const double w = (1 - share) * double(weights[i]);
      mixed.image.values[at] = float((1 - w) * double(a.image.values[at]) + w * double(b.image.values[at]));
    }
  }
  mix_targets(mixed, b.target, 1 - (1 - share) * taken / inside);
  return mixed;
}

double partner_weight(const MixOptions& options, const std::string& own, const std::string& other, size_t count) {
  if (count == 0) return 0;
  const double frequency = std::pow(double(count), 1 - options.rarity);
  if (const auto row = options.affinity.find(own); row != options.affinity.end())
    if (const auto pair = row->second.find(other); pair != row->second.end()) return pair->second * frequency;
  if (own == other) return options.same * frequency;
  return (side_of(options, own) == side_of(options, other) ? options.within : options.across) * frequency;
}

}  // namespace hepatica
