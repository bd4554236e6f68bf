#include "stages/segment/share.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "image/label_grid.h"

namespace hepatica {
namespace {

constexpr int16_t kSoftLow = -30, kSoftHigh = 300;  // HU of liver and lesions in any phase
constexpr double kLeastSoft = 0.85;                 // of the liver's voxels

size_t count_of(const Mask& mask) {
  return size_t(std::count_if(mask.values().begin(), mask.values().end(), [](uint8_t v) { return v != 0; }));
}

/// The share of the mask's voxels that hold soft tissue.
double soft_share(const Volume<int16_t>& hu, const Mask& mask) {
  size_t soft = 0, all = 0;
  for (size_t v = 0; v < mask.values().size(); ++v) {
    if (!mask.values()[v]) continue;
    ++all;
    soft += hu.values()[v] > kSoftLow && hu.values()[v] < kSoftHigh;
  }
  return all ? double(soft) / double(all) : 0;
}

/// `liver` on the grid of `image`; nothing where it does not fit there.
std::optional<Mask> fitted(const Mask& liver, const PhaseImage& image) {
  try {
    Mask there = labels_on_grid(liver, image.hu.geometry());
    if (soft_share(image.hu, there) >= kLeastSoft) return there;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::bad_geometry) throw;
  }
  return std::nullopt;
}

}  // namespace

SharedLivers share_livers(std::vector<PhaseImage>& images, double least_part) {
  SharedLivers shared{std::vector<bool>(images.size(), false), {}};
  const auto largest = std::max_element(images.begin(), images.end(), [](const PhaseImage& a, const PhaseImage& b) {
    return a.liver_volume_ml < b.liver_volume_ml;
  });
  if (largest == images.end() || largest->liver_volume_ml <= 0) return shared;
  for (size_t i = 0; i < images.size(); ++i) {
    PhaseImage& image = images[i];
    if (&image == &*largest) continue;
    std::optional<Mask> there = fitted(largest->liver, image);
    if (!there) continue;
    const double voxel_ml = image.hu.geometry().voxel_volume_ml(), ml = double(count_of(*there)) * voxel_ml;
    if (image.liver_volume_ml >= least_part * ml) continue;
    shared.warnings.push_back(
        image.liver_volume_ml > 0
            ? fmt::format("the liver of the {} series was not found whole ({:.0f} of {:.0f} ml): that of the {} series "
                          "is taken, which breathing may have moved",
                          name_of(image.phase),
                          image.liver_volume_ml,
                          ml,
                          name_of(largest->phase))
            : fmt::format("the liver of the {} series was not found: that of the {} series is taken, which breathing "
                          "may have moved",
                          name_of(image.phase),
                          name_of(largest->phase)));
    image.liver = std::move(*there);
    image.liver_volume_ml = ml;
    shared.taken[i] = true;
  }
  return shared;
}

}  // namespace hepatica
