// A study for the tests of stages that look at images alone.
#pragma once

#include "study/findings.h"

namespace hepatica {

/// An arterial image of 10 HU and a portal venous one of 90, 8 x 8 x 3 voxels, without livers.
inline PreprocessedStudy study_of_two() {
  Geometry geometry;
  geometry.size = {8, 8, 3};
  PreprocessedStudy study;
  study.images.resize(2);
  study.images[0].phase = Phase::arterial;
  study.images[0].hu = Volume<int16_t>(geometry, int16_t(10));
  study.images[1].phase = Phase::portal_venous;
  study.images[1].hu = Volume<int16_t>(geometry, int16_t(90));
  return study;
}

}  // namespace hepatica
