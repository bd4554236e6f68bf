#include "train/yolo_augment.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace hepatica::train {
namespace {

constexpr float kGrey = 114.0f / 255;
constexpr double kLeastSidePx = 2, kLeastPart = 0.1, kMostAspect = 100;

PlaneImage blank(int64_t channels, int64_t side) {
  return {channels, side, side, std::vector<float>(size_t(channels * side * side), kGrey)};
}

Box2 clipped(const Box2& box, double side) {
  return {std::clamp(box.x0, 0.0, side),
          std::clamp(box.y0, 0.0, side),
          std::clamp(box.x1, 0.0, side),
          std::clamp(box.y1, 0.0, side)};
}

/// Puts `tile` on the canvas with its corner at (left, top).
void put(const DetectExample& tile, int64_t left, int64_t top, DetectExample& canvas) {
  const int64_t side = canvas.image.width, w = tile.image.width, h = tile.image.height;
  const int64_t x0 = std::max<int64_t>(0, -left), x1 = std::min(w, side - left);
  for (int64_t c = 0; c < tile.image.channels; ++c) {
    for (int64_t y = std::max<int64_t>(0, -top); y < std::min(h, side - top); ++y)
      std::copy_n(tile.image.values.begin() + (c * h + y) * w + x0,
                  std::max<int64_t>(0, x1 - x0),
                  canvas.image.values.begin() + (c * side + y + top) * side + x0 + left);
  }
  for (LesionBox lesion : tile.lesions) {
    const Box2& b = lesion.box;
    const double x = double(left), y = double(top);
    lesion.box = clipped({b.x0 + x, b.y0 + y, b.x1 + x, b.y1 + y}, double(side));
    if (lesion.box.width() > 0 && lesion.box.height() > 0) canvas.lesions.push_back(lesion);
  }
}

using Row3 = std::array<double, 3>;

/// (x', y', w) = m (x, y, 1); the target is (x', y') / w.
struct Homography {
  std::array<Row3, 3> m;

  double weight(double x, double y) const { return m[2][0] * x + m[2][1] * y + m[2][2]; }
  std::array<double, 2> target(double x, double y) const {
    const double w = weight(x, y);
    return {(m[0][0] * x + m[0][1] * y + m[0][2]) / w, (m[1][0] * x + m[1][1] * y + m[1][2]) / w};
  }
  Homography operator*(const Homography& first) const {
    Homography made{};
    for (size_t i = 0; i < 3; ++i)
      for (size_t j = 0; j < 3; ++j)
        for (size_t k = 0; k < 3; ++k) made.m[i][j] += m[i][k] * first.m[k][j];
    return made;
  }
  /// By cofactors, up to a factor, which the division by w takes out.
  Homography inverse() const {
    Homography made{};
    for (size_t i = 0; i < 3; ++i)
      for (size_t j = 0; j < 3; ++j) {
        const size_t a = (j + 1) % 3, b = (j + 2) % 3, c = (i + 1) % 3, d = (i + 2) % 3;
        made.m[i][j] = m[a][c] * m[b][d] - m[a][d] * m[b][c];
      }
    return made;
  }
};

Homography moved_by(double x, double y) { return {{Row3{1, 0, x}, Row3{0, 1, y}, Row3{0, 0, 1}}}; }

/// Translation * shear * rotation and scale * perspective * centring, as YOLOv8 has it; draws nothing for what is 0.
Homography draw_homography(
    const PlaneImage& image, double scale, double angle, double side, const YoloAugmentOptions& options, Rng& rng) {
  const double a = scale * std::cos(angle), b = scale * std::sin(angle);
  const Homography turned{{Row3{a, b, 0}, Row3{-b, a, 0}, Row3{0, 0, 1}}};
  Homography made = turned;
  if (options.perspective > 0) {
    const double px = rng.uniform(-1, 1) * options.perspective, py = rng.uniform(-1, 1) * options.perspective;
    made = made * Homography{{Row3{1, 0, 0}, Row3{0, 1, 0}, Row3{px, py, 1}}};
  }
  if (options.shear_deg > 0) {
    const auto tangent = [&] { return std::tan(rng.uniform(-1, 1) * options.shear_deg * std::numbers::pi / 180); };
    const double along_x = tangent(), along_y = tangent();
    made = Homography{{Row3{1, along_x, 0}, Row3{along_y, 1, 0}, Row3{0, 0, 1}}} * made;
  }
  const double to_x = rng.uniform(0.5 - options.translate, 0.5 + options.translate) * side;
  const double to_y = rng.uniform(0.5 - options.translate, 0.5 + options.translate) * side;
  return moved_by(to_x, to_y) * made * moved_by(-0.5 * double(image.width), -0.5 * double(image.height));
}

/// Value of a channel at pixel coordinates (centres are whole numbers).
float linear_at(const float* plane, int64_t width, int64_t height, double x, double y) {
  const int64_t x0 = int64_t(std::floor(x)), y0 = int64_t(std::floor(y));
  const float tx = float(x - double(x0)), ty = float(y - double(y0));
  const auto at = [&](int64_t i, int64_t j) {
    return i >= 0 && j >= 0 && i < width && j < height ? plane[j * width + i] : kGrey;
  };
  const float top = at(x0, y0) + tx * (at(x0 + 1, y0) - at(x0, y0));
  const float bottom = at(x0, y0 + 1) + tx * (at(x0 + 1, y0 + 1) - at(x0, y0 + 1));
  return top + ty * (bottom - top);
}

PlaneImage resampled(const PlaneImage& source, const Homography& homography, int64_t side) {
  PlaneImage out = blank(source.channels, side);
  const Homography back = homography.inverse();
  const int64_t pixels = source.width * source.height;
  for (int64_t y = 0; y < side; ++y) {
    for (int64_t x = 0; x < side; ++x) {
      const auto [u, v] = back.target(double(x) + 0.5, double(y) + 0.5);
      if (!(homography.weight(u, v) > 0)) continue;  // behind the eye of a strong perspective
      for (int64_t c = 0; c < source.channels; ++c)
        out.values[size_t((c * side + y) * side + x)] =
            linear_at(source.values.data() + c * pixels, source.width, source.height, u - 0.5, v - 0.5);
    }
  }
  return out;
}

/// The box under `homography`, and whether enough of it is left.
bool carry(Box2& box, const Homography& homography, double scale, double side) {
  const double before = box.area() * scale * scale;
  Box2 around{1e30, 1e30, -1e30, -1e30};
  for (const double x : {box.x0, box.x1}) {
    for (const double y : {box.y0, box.y1}) {
      if (!(homography.weight(x, y) > 0)) return false;
      const auto [u, v] = homography.target(x, y);
      around = {std::min(around.x0, u), std::min(around.y0, v), std::max(around.x1, u), std::max(around.y1, v)};
    }
  }
  box = clipped(around, side);
  const double w = box.width(), h = box.height();
  return w > kLeastSidePx && h > kLeastSidePx && w * h > kLeastPart * before && std::max(w / h, h / w) < kMostAspect;
}

void flip_columns(DetectExample& example) {
  PlaneImage& image = example.image;
  for (auto row = image.values.begin(); row != image.values.end(); row += image.width)
    std::reverse(row, row + image.width);
  const double w = double(image.width);
  for (LesionBox& lesion : example.lesions)
    lesion.box = {w - lesion.box.x1, lesion.box.y0, w - lesion.box.x0, lesion.box.y1};
}

void flip_rows(DetectExample& example) {
  PlaneImage& image = example.image;
  for (int64_t c = 0; c < image.channels; ++c) {
    const auto plane = image.values.begin() + c * image.width * image.height;
    for (int64_t y = 0; y < image.height / 2; ++y)
      std::swap_ranges(
          plane + y * image.width, plane + (y + 1) * image.width, plane + (image.height - 1 - y) * image.width);
  }
  const double h = double(image.height);
  for (LesionBox& lesion : example.lesions)
    lesion.box = {lesion.box.x0, h - lesion.box.y1, lesion.box.x1, h - lesion.box.y0};
}

}  // namespace

DetectExample mosaic_of(const std::array<DetectExample, 4>& tiles, Rng& rng) {
  const int64_t s = tiles[0].image.width;
  DetectExample canvas{blank(tiles[0].image.channels, 2 * s), {}};
  const int64_t y = int64_t(rng.uniform(0.5, 1.5) * double(s)), x = int64_t(rng.uniform(0.5, 1.5) * double(s));
  put(tiles[0], x - s, y - s, canvas);
  put(tiles[1], x, y - s, canvas);
  put(tiles[2], x - s, y, canvas);
  put(tiles[3], x, y, canvas);
  return canvas;
}

DetectExample yolo_varied(const DetectExample& example, int64_t side, const YoloAugmentOptions& options, Rng& rng) {
  const double angle = rng.uniform(-1, 1) * options.rotation_deg * std::numbers::pi / 180;
  const double scale = rng.uniform(1 - options.scale, 1 + options.scale);
  const Homography homography = draw_homography(example.image, scale, angle, double(side), options, rng);
  DetectExample out{resampled(example.image, homography, side), {}};
  for (LesionBox lesion : example.lesions) {
    if (carry(lesion.box, homography, scale, double(side))) out.lesions.push_back(lesion);
  }
  const auto gain = float(1 + rng.uniform(-1, 1) * options.value_gain);
  for (float& value : out.image.values) value = std::clamp(value * gain, 0.0f, 1.0f);
  if (rng.chance(options.flip_y)) flip_rows(out);
  if (rng.chance(options.flip_x)) flip_columns(out);
  return out;
}

YoloAugmentOptions yolo_augment_options(const Block& block) {
  YoloAugmentOptions o;
  OptionReader reader(block);
  o.mosaic = reader.number("mosaic", o.mosaic, 0, 1);
  o.rotation_deg = reader.number("rotation_deg", o.rotation_deg, 0, 180);
  o.translate = reader.number("translate", o.translate, 0, 0.9);
  o.scale = reader.number("scale", o.scale, 0, 0.9);
  o.shear_deg = reader.number("shear_deg", o.shear_deg, 0, 80);
  o.perspective = reader.number("perspective", o.perspective, 0, 0.001);
  o.value_gain = reader.number("value_gain", o.value_gain, 0, 1);
  o.flip_x = reader.number("flip_x", o.flip_x, 0, 1);
  o.flip_y = reader.number("flip_y", o.flip_y, 0, 1);
  reader.finish();
  return o;
}

}  // namespace hepatica::train
