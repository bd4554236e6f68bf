// Labels of a rendered organ map.
#pragma once

#include <cstdint>
#include <string_view>

#include "image/volume.h"

namespace hepatica::phantom {

/// Label values of `Rendering::organs`. Lesions keep the label of the liver tissue that they replace.
enum class Organ : uint8_t {
  background = 0,  ///< air around the patient, table
  liver = 1,       ///< parenchyma and lesions
  spleen,
  kidney,
  aorta,               ///< and its large branches
  portal_vein,         ///< outside the liver, with splenic and superior mesenteric vein
  vena_cava,           ///< and renal veins
  liver_portal_vein,   ///< branches within the liver
  liver_hepatic_vein,  ///< branches within the liver
  gallbladder,
  stomach,
  bowel,
  pancreas,
  adrenal,
  bone,
  lung,
  heart,
  muscle,
  fat,  ///< subcutaneous and visceral
  skin,
  fluid,  ///< ascites, pleural effusion
  mass,   ///< tumour outside the liver
  arm,
  count
};

/// "liver", "spleen", ...; empty for values outside the enumeration.
std::string_view name_of(Organ organ);

/// Liver as readers draw it: parenchyma, lesions and the vessels within it (1), all else 0.
Mask liver_mask(const Mask& organs);

}  // namespace hepatica::phantom
