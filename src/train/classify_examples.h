// Lesions as the classifiers learn them: cut, masked, phases side by side, varied and mixed.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "dataset/augment.h"
#include "dataset/partners.h"
#include "stages/classify/input.h"

namespace hepatica::train {

/// What a classifier sees of an item's planes (one, or one a phase), as in diagnosis. [channels, size, size]
PlaneImage network_input(const std::vector<LearningSlice>& planes, const ClassifyInput& input);

struct ClassifyExampleOptions {
  ClassifyInput input;
  AugmentOptions augment;
  double box_jitter_px = 8;  ///< largest shift of the box on each axis, the same in all phases
  /// Probability of each phase of a fused input to be left out; one always stays. So that any may be missing in
  /// diagnosis.
  double phase_dropout = 0;
  MixOptions mix;
};

/// Samples of the items of one mixture, which must outlive this.
class ClassifyExamples {
 public:
  /// `class_of` gives the index of an item's class, of `classes`.
  ClassifyExamples(const Mixture& data,
                   ClassifyExampleOptions options,
                   size_t classes,
                   std::function<size_t(const MixtureItem&)> class_of);

  /// As in diagnosis.
  MixSample plain(const MixtureItem& item) const;
  /// The samples of `count` of the items from `first` on, varied and mixed by draws from `rng`; that of item n depends
  /// on the items and on rng.fork(n) alone. MixUp and CutMix take the partner from the same batch, PKCP-MixUp draws it
  /// (dataset/partners.h), in the phase of the sample; without one the sample stays as it is.
  std::vector<MixSample> training(const std::vector<MixtureItem>& items,
                                  size_t first,
                                  size_t count,
                                  const Rng& rng) const;

 private:
  std::vector<LearningSlice> planes_of(const MixtureItem& item, std::optional<Phase> wanted) const;
  MixSample sample_of(const MixtureItem& item, const std::vector<LearningSlice>& planes) const;
  std::vector<LearningSlice> varied(std::vector<LearningSlice> planes, Rng& rng) const;
  MixSample mixed(const std::vector<MixtureItem>& items, size_t n, Rng& rng) const;
  void drop_phases(PlaneImage& image, Rng& rng) const;

  const Mixture& data_;
  ClassifyExampleOptions options_;
  size_t classes_;
  std::function<size_t(const MixtureItem&)> class_of_;
  Partners partners_;
};

}  // namespace hepatica::train
