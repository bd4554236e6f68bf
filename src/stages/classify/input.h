// How a detection becomes the input of the lesion classifiers; the one preprocessing of training and diagnosis.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <span>
#include <vector>

#include "base/options.h"
#include "image/box.h"
#include "image/plane.h"
#include "study/phase.h"

namespace hepatica {

/// Input of a classifier. Kept in the checkpoint's metadata under "input".
struct ClassifyInput {
  int size = 224;     ///< side of the crop in pixels of the slice; nothing is rescaled (Nat Commun 2024, Methods)
  double level = 40;  ///< grey window, HU; not given by LiLNet's paper or code
  double width = 350;
  /// What happens where the crop would leave the slice: "shift" moves it inwards, "zero" fills with black. Not given
  /// by LiLNet's paper or code. A slice smaller than the crop is filled with black in both.
  std::string border = "shift";
  double mean = 0.5, std = 0.5;  ///< (grey 0..1 - mean) / std

  /// "none": pixels of the slice. "fit": a square around the box, rescaled to the crop, so that a lesion larger than
  /// the crop is seen whole: its side is the box's longer one, widened by `margin` of it at both ends.
  std::string scale = "none";
  double margin = 0.15;

  /// What is kept of the crop (the "ROI-masked images" of arXiv:2511.19478, which says no more; our reading: "box"):
  /// "none" all, "box" the box, "ellipse" the ellipse in it, "lesion" the lesion's own pixels (the ellipse where they
  /// are not known). Box and ellipse are widened by `mask_margin` of their sides at all ends.
  std::string mask = "none";
  double mask_margin = 0;
  double outside = 0;  ///< value of the other pixels, after normalisation

  /// "late": each phase's crop by itself, three equal channels, logits averaged over the phases (LiLNet). "channels":
  /// early fusion, see fused_input; the phases and their order are `phase_order`. The paper does not say which (our
  /// reading of "multi-phase": "channels").
  std::string phases = "late";
  std::vector<Phase> phase_order = contrast_phases();

  bool fused() const { return phases == "channels"; }
  int64_t channels() const { return fused() ? 2 * int64_t(phase_order.size()) : 3; }
  bool operator==(const ClassifyInput&) const = default;
};

/// The square of the slice that becomes the crop, centred on `box`; it may leave the slice. Whole pixels, size x size,
/// without rescaling.
Box2 crop_box(const Box2& box, int64_t width, int64_t height, const ClassifyInput& input);

/// One axial slice [height, width] in HU with what it is about.
template <class T>
struct LesionView {
  std::span<const T> hu;
  int64_t width = 0, height = 0;
  Box2 box;  ///< of the lesion
  /// Labels [height, width]: the lesion is what has the box's most frequent one but 0. Empty where not known.
  std::span<const uint8_t> lesion;
};

/// The crop of one slice as one channel [1, size, size]: windowed, normalised and masked.
PlaneImage classify_plane(const LesionView<int16_t>& view, const ClassifyInput& input);
PlaneImage classify_plane(const LesionView<float>& view, const ClassifyInput& input);

/// 1 in the crop's pixels that the mask keeps; without a mask those of the box. [size, size]
std::vector<uint8_t> crop_region(const LesionView<int16_t>& view, const ClassifyInput& input);
std::vector<uint8_t> crop_region(const LesionView<float>& view, const ClassifyInput& input);

/// [3, size, size]: three times the same plane.
PlaneImage late_input(const PlaneImage& plane);
/// [2 P, size, size] for the P phases of `phase_order`: each one's plane, zeros where it is missing, then a channel a
/// phase that is 1 where it is there and 0 where not. Planes of other phases are passed over.
PlaneImage fused_input(const std::map<Phase, PlaneImage>& planes, const ClassifyInput& input);

/// The crop of one axial slice [height, width] in HU around `box`, as [3, size, size].
PlaneImage classify_crop(
    std::span<const int16_t> hu, int64_t width, int64_t height, const Box2& box, const ClassifyInput& input);
PlaneImage classify_crop(
    std::span<const float> hu, int64_t width, int64_t height, const Box2& box, const ClassifyInput& input);

nlohmann::json json_from_input(const ClassifyInput& input);
/// Error{wrong_checkpoint} naming `source` on unknown keys, wrong types and values out of range.
ClassifyInput classify_input_from_json(const nlohmann::json& json, const std::string& source);
/// The same keys from a recipe.
ClassifyInput classify_input_from_block(const Block& block);

}  // namespace hepatica
