#include "phantom/organ.h"

#include <array>

namespace hepatica::phantom {

std::string_view name_of(Organ organ) {
  static constexpr std::array<std::string_view, size_t(Organ::count)> kNames{"background",
                                                                             "liver",
                                                                             "spleen",
                                                                             "kidney",
                                                                             "aorta",
                                                                             "portal_vein",
                                                                             "vena_cava",
                                                                             "liver_portal_vein",
                                                                             "liver_hepatic_vein",
                                                                             "gallbladder",
                                                                             "stomach",
                                                                             "bowel",
                                                                             "pancreas",
                                                                             "adrenal",
                                                                             "bone",
                                                                             "lung",
                                                                             "heart",
                                                                             "muscle",
                                                                             "fat",
                                                                             "skin",
                                                                             "fluid",
                                                                             "mass",
                                                                             "arm"};
  return size_t(organ) < kNames.size() ? kNames[size_t(organ)] : std::string_view();
}

Mask liver_mask(const Mask& organs) {
  Mask liver(organs.geometry());
  const auto from = organs.values();
  const auto to = liver.values();
  for (size_t i = 0; i < from.size(); ++i) {
    const Organ organ{from[i]};
    to[i] = organ == Organ::liver || organ == Organ::liver_portal_vein || organ == Organ::liver_hepatic_vein;
  }
  return liver;
}

}  // namespace hepatica::phantom
