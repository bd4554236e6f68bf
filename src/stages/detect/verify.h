// A second look at linked lesions: a small network sees the place of each in all phases and on several planes at once,
// and tells lesions from what the detector took for one on single slices (false positive reduction as in Setio et al.,
// IEEE Trans Med Imaging 2016; the views are our own).
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/options.h"
#include "engine/predictor.h"
#include "image/plane.h"
#include "stages/detect/input.h"
#include "stages/detect/link.h"
#include "study/breathing.h"
#include "study/findings.h"

namespace hepatica {

/// Input of the verifier, and which lesions it judges. Kept in the checkpoint's metadata under "input".
struct VerifyInput {
  int size = 80;            ///< pixels of the square around a lesion
  double spacing_mm = 0.8;  ///< of its pixels; a lesion that takes more than `part` of its side is seen smaller
  double part = 0.45;
  double window_hu = 60;  ///< HU off the median of the image's liver that stand for 1; cut off at three times as many
  std::vector<double> planes_mm{-10, -5, 0, 5, 10};  ///< heights of the planes that are seen, each 3 mm thick or more
  std::vector<Phase> phases{Phase::arterial, Phase::portal_venous};
  double confidence = 0.05;   ///< boxes with this score are looked at
  double least_score = 0.03;  ///< of the lesions that they are linked into
  DetectInput detector;       ///< the input of the detector whose boxes are judged

  /// Of each phase its planes, the liver and the detector's boxes.
  int64_t channels_per_phase() const { return int64_t(planes_mm.size()) + 2; }
  int64_t channels() const { return channels_per_phase() * int64_t(phases.size()); }
};

nlohmann::json json_from_input(const VerifyInput& input);
/// Error{wrong_checkpoint} naming `source` on unknown keys, wrong types and values out of range.
VerifyInput verify_input_from_json(const nlohmann::json& json, const std::string& source);
/// The same keys from a recipe, without `detector`.
VerifyInput verify_input_from_block(const Block& block);

/// `link` with the limits of candidates, which are lower.
LinkOptions candidate_options(const LinkOptions& link, const VerifyInput& input);

/// What the views of a study's lesions have in common.
struct ViewContext {
  explicit ViewContext(const PreprocessedStudy& study);
  std::vector<double> levels;                     ///< median HU of each image's liver; 100 where an image has none
  std::vector<std::vector<double>> breathing_mm;  ///< see breathing_shifts_mm
};

/// The surroundings of one lesion, [channels, side, side] with side = size * widened, rounded: for each phase of
/// `input` the planes, the share of liver and, within the box, its score. A phase in which the lesion was not boxed is
/// seen at the same place of the liver; a phase that is missing is 0. An image of another phase stands for one that is
/// missing.
PlaneImage verify_view(const PreprocessedStudy& study,
                       const ViewContext& context,
                       const std::vector<Track>& lesion,
                       const VerifyInput& input,
                       double widened = 1);

/// Block `stages.verify.options`.
struct VerifyOptions {
  bool use = true;              ///< whether a verifier that lies beside the detector's checkpoint is used
  double detector_share = 0.4;  ///< of the detector's word, see verified_score
  double least_score = 0.22;    ///< lesions with a lower score are dropped; takes the place of the link stage's limits
  double large_mm = 20;         ///< lesions whose longest side of any box is as long must have another score:
  double large_least_score = 0.45;
};

VerifyOptions read_verify_options(const Block& block);

/// One score of the detector's (lesion_score) and the verifier's: their weighted geometric mean.
double verified_score(double detected, double verified, double detector_share);

/// Says how likely linked boxes are a lesion.
class Verifier {
 public:
  /// Error{wrong_checkpoint} where the network is no classifier of two classes that takes the input's channels.
  Verifier(std::shared_ptr<Predictor> predictor, const VerifyOptions& options);
  const VerifyInput& input() const { return input_; }
  /// Probability of each candidate.
  std::vector<double> probabilities(const PreprocessedStudy& study, const std::vector<LinkedLesion>& candidates) const;
  /// The candidates whose verified score is high enough, with it as their score.
  std::vector<LinkedLesion> judge(const PreprocessedStudy& study, const std::vector<LinkedLesion>& candidates) const;

 private:
  std::shared_ptr<Predictor> predictor_;
  VerifyOptions options_;
  VerifyInput input_;
};

}  // namespace hepatica
