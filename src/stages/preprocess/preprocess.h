// Chooses the series that are diagnosed, one a phase, and loads their voxels.
#pragma once

#include <vector>

#include "base/options.h"
#include "study/findings.h"
#include "study/study.h"

namespace hepatica {

/// Block `stages.preprocess.options` of a recipe.
struct PreprocessOptions {
  double thinnest_mm = 1;  ///< slice spacings from here to `thickest_mm` are equally welcome (LiLNet: 1 to 3 mm)
  double thickest_mm = 3;
  bool fall_back = true;  ///< where none of the phases was found, take the best other CT series, and say so
};

PreprocessOptions read_preprocess_options(const Block& block);

/// A series chosen for a phase.
struct ChosenSeries {
  size_t series = 0;  ///< index into Study::series
  Phase phase = Phase::unknown;
};

struct SeriesChoice {
  std::vector<ChosenSeries> chosen;   ///< at most one a phase, in the order of `phases`
  std::vector<std::string> warnings;  ///< phases that are missing or were guessed
};

/// At most one accepted series for each of `phases`: by confidence of its phase (steps of .1), extent along the
/// patient (steps of 50 mm), slice spacing (nearness to the welcome range), then number of slices.
/// Error{no_images} where there is no series to use.
SeriesChoice choose_series(const Study& study, const std::vector<Phase>& phases, const PreprocessOptions& options);

/// Loads the chosen series alone, on axes to the left, to the back and to the head (see image/orient.h).
PreprocessedStudy preprocess(const Study& study, const std::vector<Phase>& phases, const PreprocessOptions& options);

}  // namespace hepatica
