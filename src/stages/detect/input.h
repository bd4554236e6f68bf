// How a slice becomes the input of the lesion detector; the one preprocessing of training and diagnosis.
#pragma once

#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>

#include "base/options.h"
#include "image/box.h"
#include "image/plane.h"

namespace hepatica {

/// Input of the detector. Kept in the checkpoint's metadata under "input".
struct DetectInput {
  int size = 512;  ///< the region is resized to size x size without keeping its aspect (Detection/dataset.py of LiLNet)
  double level = 40;  ///< grey window, HU; not given by LiLNet's paper or code
  double width = 350;
  /// "window": the grey window three times, as LiLNet. "liver": channel 0 the grey window, channel 1 a window of
  /// `liver_width` around the median HU of this volume's liver, channel 2 the liver mask (1 where none is given).
  std::string mode = "window";
  double liver_width = 160;
  /// "slice": the whole slice, as LiLNet. "liver": a square around the liver of this slice, so that a small network
  /// sees small lesions; the whole slice where no liver is given.
  std::string region = "slice";
  double spacing_mm = 1.1;  ///< of the network's pixels in region "liver"; larger where the liver would not fit
  double margin_mm = 12;    ///< kept free around the liver in region "liver"
  /// Mode "liver": channels 3 and 4 show the planes this far above and below in the window of channel 1, which tells
  /// vessels from lesions; 0: there are no such channels.
  double context_mm = 0;

  int64_t channels() const { return context_mm > 0 ? 5 : 3; }

  bool operator==(const DetectInput&) const = default;
};

/// The same with pixels finer by `factor` in region "liver", the size rounded up to what the network can halve five
/// times; region "slice" stays as it is.
DetectInput magnified(DetectInput input, double factor);

/// Median HU of the voxels where `mask` is not 0; nullopt where there is none.
std::optional<double> median_hu(std::span<const int16_t> hu, std::span<const uint8_t> mask);

/// The part of a slice [height, width] that the network sees, in pixels of the slice; it may reach beyond the border.
/// `liver` is the slice's mask or empty, `spacing_mm` the slice's along x and y.
Box2 detect_region(std::span<const uint8_t> liver,
                   int64_t width,
                   int64_t height,
                   const std::array<double, 2>& spacing_mm,
                   const DetectInput& input);

/// HU of an axial slice and of the planes `context_mm` above and below it, each [height, width]. Where a plane is empty
/// the slice stands in.
template <class T>
struct SlicePlanes {
  std::span<const T> hu, above, below;
};

/// `region` of one axial slice as [channels, size, size], values 0..1; the border's values go on beyond it. `liver` is
/// the slice's mask or empty; `liver_hu` the median HU of the volume's liver. Where it is not known, mode "liver" takes
/// the median of the slice's soft tissue (0 to 200 HU).
PlaneImage detect_image(const SlicePlanes<int16_t>& planes,
                        std::span<const uint8_t> liver,
                        int64_t width,
                        int64_t height,
                        const Box2& region,
                        std::optional<double> liver_hu,
                        const DetectInput& input);
PlaneImage detect_image(const SlicePlanes<float>& planes,
                        std::span<const uint8_t> liver,
                        int64_t width,
                        int64_t height,
                        const Box2& region,
                        std::optional<double> liver_hu,
                        const DetectInput& input);

/// A box of the network's image, which shows `region`, in pixels of the slice, and back.
Box2 slice_box_from_image(const Box2& box, const Box2& region, const DetectInput& input);
Box2 image_box_from_slice(const Box2& box, const Box2& region, const DetectInput& input);

nlohmann::json json_from_input(const DetectInput& input);
/// Error{wrong_checkpoint} naming `source` on unknown keys, wrong types and values out of range.
DetectInput detect_input_from_json(const nlohmann::json& json, const std::string& source);
/// The same keys from a recipe.
DetectInput detect_input_from_block(const Block& block);

}  // namespace hepatica
