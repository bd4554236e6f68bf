#include "stages/segment/dynunet.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>

#include "base/progress.h"
#include "base/threads.h"
#include "stages/segment/sliding_window.h"
#include "study/body_size.h"

namespace hepatica {
namespace {

constexpr int64_t kDefaultPatch3D = 128;

/// Probabilities on the network's grid, and where it lies on the CT.
struct NetworkGrid {
  Volume<float> probabilities;
  PlaneMap plane;  ///< CT pixels from network pixels
  AxisMap slices;  ///< CT slices from network slices
};

float sigmoid(float x) { return 1.0f / (1.0f + std::exp(-x)); }

class DynUNetSegmenter final : public Segmenter {
 public:
  DynUNetSegmenter(std::shared_ptr<Predictor> predictor, SegmentOptions options, int dims)
      : predictor_(std::move(predictor)), options_(std::move(options)), dims_(dims) {}

  LiverSegmentation segment(const Volume<int16_t>& hu) const override {
    const double size = options_.fit_to_body ? body_size(hu) : 1;
    if (size >= 1) return segment_as_it_is(hu);
    LiverSegmentation result = segment_as_it_is(enlarged(hu, 1 / size));
    result.liver.set_geometry(hu.geometry());
    result.volume_ml *= size * size * size;
    return result;
  }

 private:
  LiverSegmentation segment_as_it_is(const Volume<int16_t>& hu) const {
    NetworkGrid grid = dims_ == 2 ? by_slices(hu) : in_space(hu);
    LiverSegmentation result;
    result.confidence = clean_probabilities(grid.probabilities, options_.cleanup).confidence;
    result.liver = on_ct_grid(grid, hu.geometry());
    const auto voxels = std::count(result.liver.values().begin(), result.liver.values().end(), 1);
    result.volume_ml = double(voxels) * hu.geometry().voxel_volume_ml();
    result.refusal = implausibility(hu, result.liver, result.confidence, options_.cleanup);
    if (!result.refusal.empty()) {
      std::fill(result.liver.values().begin(), result.liver.values().end(), uint8_t(0));
      result.volume_ml = 0;
    }
    return result;
  }

  static Volume<int16_t> enlarged(Volume<int16_t> hu, double factor) {
    Geometry geometry = hu.geometry();
    for (double& spacing : geometry.spacing) spacing *= factor;
    hu.set_geometry(geometry);
    return hu;
  }

  SegmentPlane plane_of(const Volume<int16_t>& hu, int64_t k) const {
    const Vec3& spacing = hu.geometry().spacing;
    return segment_plane(hu.slice(k), hu.nx(), hu.ny(), spacing[0], spacing[1], options_.input);
  }

  /// An empty grid of `slices` slices with the in-plane layout of `plane`.
  static NetworkGrid empty_grid(const Geometry& ct, const SegmentPlane& plane, int64_t slices, const AxisMap& map) {
    Geometry geometry;
    geometry.size = {plane.width, plane.height, slices};
    geometry.spacing = {
        ct.spacing[0] * plane.map.x.scale, ct.spacing[1] * plane.map.y.scale, ct.spacing[2] * map.scale};
    return {Volume<float>(geometry), plane.map, map};
  }

  Array logits(const Array& input) const { return std::move(predictor_->run(input, {"logits"}).at("logits")); }

  static void copy_probabilities(const float* logits, int64_t row, std::span<float> slice, int64_t width) {
    for (size_t v = 0; v < slice.size(); ++v) slice[v] = sigmoid(logits[int64_t(v) / width * row + int64_t(v) % width]);
  }

  NetworkGrid by_slices(const Volume<int16_t>& hu) const {
    const auto step = std::max<int64_t>(1, int64_t(options_.slice_step_mm / hu.geometry().spacing[2] + 1e-6));
    const int64_t count = (hu.nz() - 1) / step + 1;
    const AxisMap slices{double(step), double((hu.nz() - 1) % step / 2)};
    NetworkGrid grid = empty_grid(hu.geometry(), plane_of(hu, 0), count, slices);
    Progress progress("liver", size_t(count));
    for (int64_t first = 0; first < count; first += options_.batch) {
      check_interrupted();
      const int64_t batch = std::min(options_.batch, count - first);
      std::vector<SegmentPlane> planes(static_cast<size_t>(batch));
      parallel_for(size_t(batch), [&](size_t n) {
        planes[n] = plane_of(hu, std::llround(slices.source(double(first + int64_t(n)))));
      });
      run_planes(planes, first, grid);
      progress.advance(size_t(batch));
    }
    return grid;
  }

  void run_planes(const std::vector<SegmentPlane>& planes, int64_t first, NetworkGrid& grid) const {
    const int64_t width = planes[0].image.width, height = planes[0].image.height;
    Array input{{int64_t(planes.size()), 1, height, width}, {}};
    for (const SegmentPlane& plane : planes)
      input.values.insert(input.values.end(), plane.image.values.begin(), plane.image.values.end());
    const Array output = options_.patch.empty() ? logits(input) : windows_of_planes(input);
    for (size_t n = 0; n < planes.size(); ++n)
      copy_probabilities(output.values.data() + int64_t(n) * width * height,
                         width,
                         grid.probabilities.slice(first + int64_t(n)),
                         planes[n].width);
  }

  WindowOptions window_options() const {
    WindowOptions window{{}, options_.overlap, dims_ == 3 ? 1 : options_.batch};
    for (double size : options_.patch) window.patch.push_back(int64_t(size));
    if (window.patch.empty()) window.patch = options_.input.patch;
    if (window.patch.empty()) window.patch.assign(size_t(dims_), kDefaultPatch3D);
    return window;
  }

  Array windows_of_planes(const Array& input) const {
    Array output{input.shape, {}};
    const int64_t size = input.shape[2] * input.shape[3];
    for (int64_t n = 0; n < input.shape[0]; ++n) {
      const auto begin = input.values.begin() + n * size;
      const Array plane{{1, 1, input.shape[2], input.shape[3]}, {begin, begin + size}};
      const Array said = sliding_window(plane, window_options(), [&](const Array& patches) { return logits(patches); });
      output.values.insert(output.values.end(), said.values.begin(), said.values.end());
    }
    return output;
  }

  NetworkGrid in_space(const Volume<int16_t>& hu) const {
    SegmentSpace space = segment_space(hu, options_.input);
    SegmentPlane layout;
    layout.width = space.covered_width;
    layout.height = space.covered_height;
    layout.map = space.plane;
    NetworkGrid grid = empty_grid(hu.geometry(), layout, space.depth, space.slices);
    const Array input{{1, 1, space.depth, space.height, space.width}, std::move(space.values)};
    const Array output = sliding_window(input, window_options(), [&](const Array& patches) { return logits(patches); });
    for (int64_t z = 0; z < space.depth; ++z)
      copy_probabilities(output.values.data() + z * space.height * space.width,
                         space.width,
                         grid.probabilities.slice(z),
                         space.covered_width);
    return grid;
  }

  /// Linear interpolation of the cleaned probabilities, cut at the threshold.
  Mask on_ct_grid(const NetworkGrid& grid, const Geometry& ct) const {
    Mask mask(ct);
    const Volume<float>& p = grid.probabilities;
    const PlaneMap back{grid.plane.x.inverse(), grid.plane.y.inverse()};
    parallel_for(size_t(ct.size[2]), [&](size_t k) {
      const double z = std::clamp(grid.slices.index(double(k)), 0.0, double(p.nz() - 1));
      const auto below = int64_t(z);
      const auto low = p.slice(below), high = p.slice(std::min(below + 1, p.nz() - 1));
      const auto part = float(z - double(below));
      std::vector<float> between(low.size());
      for (size_t v = 0; v < low.size(); ++v) between[v] = (1 - part) * low[v] + part * high[v];
      const auto threshold = float(options_.cleanup.threshold);
      if (std::all_of(between.begin(), between.end(), [&](float value) { return value < threshold; })) return;
      const std::vector<float> fine = resample_plane(between, p.nx(), p.ny(), back, ct.size[0], ct.size[1]);
      const auto slice = mask.slice(int64_t(k));
      for (size_t v = 0; v < slice.size(); ++v) slice[v] = fine[v] >= threshold;
    });
    return mask;
  }

  std::shared_ptr<Predictor> predictor_;
  SegmentOptions options_;
  int dims_;
};

[[noreturn]] void wrong_network(const std::string& what) {
  throw Error(ErrorCode::wrong_checkpoint, fmt::format("the checkpoint of the liver segmenter {}", what));
}

}  // namespace

SegmentOptions read_segment_options(const Block& block) {
  SegmentOptions options;
  OptionReader reader(block);
  options.input = segment_input_from_block(reader.block("input"));
  options.batch = reader.integer("batch", options.batch, 1, 256);
  options.slice_step_mm = reader.number("slice_step_mm", options.slice_step_mm, 0, 20);
  options.patch = reader.numbers("patch", options.patch, 16, 1024);
  options.overlap = reader.number("overlap", options.overlap, 0, 0.9);
  options.fit_to_body = reader.boolean("fit_to_body", options.fit_to_body);
  options.cleanup = read_cleanup_options(reader);
  reader.finish();
  return options;
}

std::unique_ptr<Segmenter> make_dynunet_segmenter(std::shared_ptr<Predictor> predictor, const SegmentOptions& options) {
  const nlohmann::json& metadata = predictor->metadata();
  const nlohmann::json network = metadata.value("network", nlohmann::json::object());
  const std::string family = network.value("family", "");
  if (family != "dynunet" && family != "residual_unet")
    wrong_network(fmt::format("holds a network of family '{}' where 'dynunet' or 'residual_unet' is needed", family));
  const nlohmann::json arguments = network.value("arguments", nlohmann::json::object());
  if (arguments.value("in_channels", 1) != 1 || arguments.value("out_channels", 1) != 1)
    wrong_network("has another number of channels than one in and one out");
  const int dims = arguments.value("dims", 3);  // of a residual U-Net always
  SegmentOptions effective = options;
  if (metadata.contains("input")) effective.input = segment_input_from_json(metadata["input"], "segment");
  if (!effective.input.patch.empty() && effective.input.patch.size() != size_t(dims))
    wrong_network(fmt::format("says a patch of {} sides for {} axes", effective.input.patch.size(), dims));
  if (!effective.patch.empty() && effective.patch.size() != size_t(dims))
    throw Error(
        ErrorCode::bad_recipe,
        fmt::format("option 'patch' of the segmenter has {} sizes, its network {} axes", effective.patch.size(), dims));
  return std::make_unique<DynUNetSegmenter>(std::move(predictor), effective, dims);
}

}  // namespace hepatica
