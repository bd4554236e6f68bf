// How large a body on CT is, for methods whose distances are an adult's.
#pragma once

#include "image/volume.h"

namespace hepatica {

/// Size of the organs in a trunk of this width over a mean adult's: 1 from 250 mm on, 0.46 at 110 mm (newborns).
/// Children's trunks are wider for their organs than adults' are: length of the kidneys by age after Konus OL et al.,
/// AJR 1998;171:1693-1698, trunks after Cristy and Eckerman, ORNL/TM-8381, 1987.
double size_from_trunk_width(double width_mm);

/// Median over slices of the width of the body, the largest part above -300 HU, in mm. `axial` in HU lies on axial axes
/// (i to the left). 0 where there is only air.
double trunk_width_mm(const Volume<int16_t>& axial);

/// `size_from_trunk_width` of a scan; 1 where it shows no body.
double body_size(const Volume<int16_t>& axial);

}  // namespace hepatica
