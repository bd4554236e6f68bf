// How a child's body differs from a mean adult's, by age; and which tumours children of an age have.
#pragma once

#include <vector>

#include "base/rng.h"
#include "phantom/lesion_type.h"
#include "phantom/patient.h"

namespace hepatica::phantom {

/// Sizes of a body. The default is the adult's: factors of 1.
struct Growth {
  bool child = false;
  double age_years = 0;
  float scale = 1;                             ///< of organs: their length over the mean adult's
  float half_width_mm = 0, half_depth_mm = 0;  ///< world mm of the trunk with its skin; of children alone
  float fat_mm = 0;                            ///< world mm of subcutaneous fat; of children alone
  float lean_hu = 0;       ///< HU that the cavity's fat is denser by: there is little of it between membranes
  float muscle = 1;        ///< thickness of muscle, beyond `scale`
  float vertebra = 1;      ///< height of a vertebra, beyond `scale`
  float vessel = 1;        ///< calibre of large vessels, beyond `scale`
  float rib_drop_mm = 45;  ///< how far ribs descend from back to front; infants' lie flat
  float left_lobe = 1;     ///< width of the liver's left lobe
  float spleen = 1;        ///< length of the spleen, beyond `scale`
  float kidney = 1;        ///< thickness of the kidneys, beyond `scale`
  float tempo = 1;         ///< how much faster than an adult's contrast arrives and leaves
};

/// The mean child of an age in years (0 to 18). Sources beside the tables in growth.cc.
Growth growth_at(double age_years);

/// Noise of a child's scan over that of a mean adult's at the usual doses of both, with the same slices and kernel:
/// above 1 is noisier. `width_mm` and `depth_mm` are the trunk's diameters.
double child_noise(double width_mm, double depth_mm);

/// Who has a type of lesion in childhood, and how much of it.
struct ChildhoodLesion {
  LesionType type;
  Range age_years;    ///< of nearly all
  double usual_age;   ///< years; ages are drawn from a triangle with its peak here
  Range count;        ///< lesions, log-uniform
  Range diameter_mm;  ///< log-uniform
  double girls;       ///< share
};

/// The nine types of children, benign ones first: infantile_hemangioma, congenital_hemangioma, fnh,
/// mesenchymal_hamartoma, cyst, hepatoblastoma, hcc, uesl, metastasis (of neuroblastoma).
const std::vector<ChildhoodLesion>& childhood_lesions();
/// nullptr for types that children do not have here.
const ChildhoodLesion* childhood_lesion(LesionType type);

/// An age below which a `share` (0..1) of the children with a lesion are; of all ages in `within` alike for nullptr.
double age_at_share(const ChildhoodLesion* lesion, double share, Range within);

}  // namespace hepatica::phantom
