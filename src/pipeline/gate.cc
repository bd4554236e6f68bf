#include "pipeline/gate.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace hepatica {
namespace {

void require(bool holds, const std::string& text) {
  if (!holds) throw Error(ErrorCode::internal, "a defect of this program: " + text + "; please report it");
}

void verify_sum(const std::map<std::string, double>& probabilities) {
  double sum = 0;
  for (const auto& [name, probability] : probabilities) sum += probability;
  require(std::abs(sum - 1) < 1e-6, "probabilities do not sum to 1");
}

}  // namespace

void verify_livers(const PreprocessedStudy& study) {
  for (const PhaseImage& image : study.images) {
    require(same_grid(image.liver.geometry(), image.hu.geometry()), "the liver mask is not on its image's grid");
    const auto values = image.liver.values();
    require(std::all_of(values.begin(), values.end(), [](uint8_t v) { return v <= 1; }),
            "the liver mask is not binary");
  }
}

void verify_detections(const PreprocessedStudy& study, const std::vector<Detection>& detections) {
  for (const Detection& detection : detections) {
    require(detection.image < study.images.size(), "a detection names no image");
    const Volume<int16_t>& hu = study.images[detection.image].hu;
    const Box2& box = detection.box;
    require(detection.slice >= 0 && detection.slice < hu.nz(), "a detection lies on no slice");
    require(box.x0 >= 0 && box.y0 >= 0 && box.x1 <= double(hu.nx()) && box.y1 <= double(hu.ny()) && box.x1 > box.x0 &&
                box.y1 > box.y0,
            "a detection leaves its slice");
    require(detection.score >= 0 && detection.score <= 1, "a detection's score is outside 0 to 1");
  }
}

void verify_probabilities(const HierarchyPrediction& prediction) {
  verify_sum(prediction.benign_malignant);
  verify_sum(prediction.probabilities);
}

}  // namespace hepatica
