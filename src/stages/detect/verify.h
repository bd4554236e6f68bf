// A second look at the detector's boxes: a small network that sees each box at full size tells lesions from what was
// taken for one (false positive reduction as in Setio et al., IEEE Trans Med Imaging 2016, with one view).
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/predictor.h"
#include "stages/detect/input.h"

namespace hepatica {

/// Input of the verifier: a square cut out of the detector's network image. Kept in the checkpoint's metadata.
struct VerifyInput {
  int size = 64;         ///< pixels of the square, those of the detector's image where the box is small
  double part = 0.45;    ///< a larger box is shrunk to this part of the square's side
  DetectInput detector;  ///< the input of the detector whose boxes are judged
};

/// The surroundings of `box` (pixels of `image`) as [channels, size, size].
PlaneImage verify_crop(const PlaneImage& image, const Box2& box, const VerifyInput& input);

nlohmann::json json_from_input(const VerifyInput& input);
/// Error{wrong_checkpoint} naming `source` on unknown keys, wrong types and values out of range.
VerifyInput verify_input_from_json(const nlohmann::json& json, const std::string& source);

/// Says how likely a crop shows a lesion.
class Verifier {
 public:
  /// Error{wrong_checkpoint} where the network is no two-class ResNet or was trained behind a detector with another
  /// input than `detector`.
  Verifier(std::shared_ptr<Predictor> predictor, const DetectInput& detector);
  const VerifyInput& input() const { return input_; }
  /// Probability of a lesion for each crop.
  std::vector<double> probabilities(const std::vector<PlaneImage>& crops) const;

 private:
  std::shared_ptr<Predictor> predictor_;
  VerifyInput input_;
};

/// One score of the detector's and the verifier's: their geometric mean.
double verified_score(double detected, double verified);

}  // namespace hepatica
