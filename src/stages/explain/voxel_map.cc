#include "stages/explain/voxel_map.h"

#include <cmath>

#include "stages/explain/crop_map.h"

namespace hepatica {
namespace {

void paint(const ImagePrediction& image, Volume<float>& into) {
  const int64_t columns = std::llround(image.crop.width()), rows = std::llround(image.crop.height());
  const int64_t left = std::llround(image.crop.x0), top = std::llround(image.crop.y0);
  const std::vector<float> values =
      map_on_pixels({image.activation_rows, image.activation_columns, image.activation, {}}, rows, columns);
  for (int64_t v = 0; v < rows; ++v)
    for (int64_t u = 0; u < columns; ++u) {
      if (!into.contains(left + u, top + v, image.detection.slice)) continue;
      float& voxel = into.at(left + u, top + v, image.detection.slice);
      voxel = std::max(voxel, values[size_t(v * columns + u)]);
    }
}

}  // namespace

Volume<float> voxel_map(const StagePrediction& stage, const PreprocessedStudy& study, size_t index) {
  Volume<float> map(study.images[index].hu.geometry());
  for (const ImagePrediction& image : stage.images)
    if (image.detection.image == index && !image.activation.empty()) paint(image, map);
  return map;
}

}  // namespace hepatica
