// How a detection becomes the input of the lesion classifiers; the one preprocessing of training and diagnosis.
#pragma once

#include <nlohmann/json.hpp>
#include <span>

#include "base/options.h"
#include "image/box.h"
#include "image/plane.h"

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

  bool operator==(const ClassifyInput&) const = default;
};

/// The square of the slice that becomes the crop: whole pixels, size x size, centred on `box`; it may leave the slice.
Box2 crop_box(const Box2& box, int64_t width, int64_t height, const ClassifyInput& input);

/// The crop of one axial slice [height, width] in HU around `box`, as [3, size, size] (three equal channels).
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
