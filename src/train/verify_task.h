// Training of the verifier on what a trained segmenter and detector take for lesions in whole studies.
#pragma once

#include <memory>

#include "train/candidate_store.h"
#include "train/task.h"

namespace hepatica::train {

/// How candidates' views are varied; all 0 leaves them as they are. In the plane alone.
struct ViewAugmentOptions {
  double rotation_deg = 0;        ///< uniform in +/-
  double scale = 0;               ///< log of the magnification, uniform in +/-
  double shift_mm = 0;            ///< along x and y, uniform in +/-
  double flip_x = 0, flip_y = 0;  ///< probabilities
  double gain = 0;                ///< log of each phase's gain, uniform in +/-
  double offset = 0;              ///< of each phase, uniform in +/-, in units of the input's `window_hu`
  double noise = 0;               ///< largest standard deviation of each phase, in the same units
  double drop_phase = 0;          ///< probability that one of the phases is missing
};

/// Error{bad_recipe} on unknown keys.
ViewAugmentOptions view_augment_options(const Block& block);

struct VerifyTaskOptions {
  nn::Graph network;  ///< a classifier of two classes that takes the input's channels
  ViewAugmentOptions augment;
  size_t lesions = 3, others = 5;  ///< candidates that a study gives at most each time it is drawn
};

/// An item is a study. Cross entropy. The figures are the average precision over all candidates of the validation
/// studies, and the share of their lesions above the score that leaves half a false one a study.
std::unique_ptr<Task> make_verify_task(std::unique_ptr<CandidateStore> store, VerifyTaskOptions options);

}  // namespace hepatica::train
