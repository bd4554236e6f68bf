#include "stages/detect/verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/strict_json.h"
#include "base/threads.h"

namespace hepatica {
namespace {

constexpr size_t kBatch = 32;  // lesions a call
constexpr double kCutOff = 3;  // of values off the liver's median
constexpr double kNoLiverLevel_hu = 100;
constexpr double kHalfSlab_mm = 1;  // a plane is the mean of three, this far apart

/// Where a lesion is looked at in one image.
struct Place {
  size_t image = 0;
  Vec3 center{0, 0, 0};       ///< world
  std::optional<Box2> box{};  ///< pixels of the image's slices, where the lesion was boxed there
  double score = 0;
};

Place place_of(const PreprocessedStudy& study, const Track& track) {
  const Detection& best = surest(track.detections);
  const Vec3 index{best.box.center_x() - 0.5, best.box.center_y() - 0.5, double(best.slice)};
  return {track.image, world_from_index(study.images[track.image].hu.geometry(), index), best.box, best.score};
}

/// The same place of the liver in another image.
Place carried_over(const Place& place, size_t image, double higher_mm) {
  Place there{image, place.center};
  there.center[2] += higher_mm;
  return there;
}

/// The image of each of the input's phases; those of other phases take the free places, the last one first.
std::vector<std::optional<size_t>> images_of_phases(const PreprocessedStudy& study, const std::vector<Phase>& phases) {
  std::vector<std::optional<size_t>> images(phases.size());
  std::vector<size_t> others;
  for (size_t i = 0; i < study.images.size(); ++i) {
    const auto phase = std::find(phases.begin(), phases.end(), study.images[i].phase);
    const auto place = size_t(phase - phases.begin());
    if (phase == phases.end() || images[place])
      others.push_back(i);
    else
      images[place] = i;
  }
  for (size_t place = phases.size(); place > 0 && !others.empty(); --place) {
    if (images[place - 1]) continue;
    images[place - 1] = others.front();
    others.erase(others.begin());
  }
  return images;
}

/// The square that is seen of one image: where its pixels lie on the image's grid.
struct Square {
  PlaneMap map;
  double center_k = 0;
  int64_t side = 0;
};

Square square_of(const Geometry& grid, const Vec3& center, double pixel_mm, int64_t side) {
  const Vec3 at = index_from_world(grid, center);
  const auto axis = [&](double middle, double spacing) {
    const double scale = pixel_mm / spacing;
    return AxisMap{scale, middle - 0.5 * scale * double(side - 1)};
  };
  return {{axis(at[0], grid.spacing[0]), axis(at[1], grid.spacing[1])}, at[2], side};
}

/// The part of a plane that a square needs, its border's values going on beyond it, resampled.
template <class Value>
std::vector<float> resampled(int64_t nx, int64_t ny, const Square& square, const Value& value) {
  const auto reach = [&](const AxisMap& axis) { return int64_t(std::ceil(std::max(axis.scale, 1.0))) + 1; };
  const int64_t x0 = int64_t(std::floor(square.map.x.source(0))) - reach(square.map.x),
                y0 = int64_t(std::floor(square.map.y.source(0))) - reach(square.map.y),
                x1 = int64_t(std::ceil(square.map.x.source(double(square.side - 1)))) + reach(square.map.x),
                y1 = int64_t(std::ceil(square.map.y.source(double(square.side - 1)))) + reach(square.map.y);
  std::vector<float> part;
  part.reserve(size_t((x1 - x0 + 1) * (y1 - y0 + 1)));
  for (int64_t j = y0; j <= y1; ++j)
    for (int64_t i = x0; i <= x1; ++i)
      part.push_back(value(std::clamp<int64_t>(i, 0, nx - 1), std::clamp<int64_t>(j, 0, ny - 1)));
  PlaneMap map = square.map;
  map.x.offset -= double(x0);
  map.y.offset -= double(y0);
  return resample_plane(part, x1 - x0 + 1, y1 - y0 + 1, map, square.side, square.side);
}

/// Mean HU of three planes around the height k, with linear interpolation; the last slices go on beyond the volume.
std::vector<float> slab(const Volume<int16_t>& hu, const Square& square, double k) {
  const double step = kHalfSlab_mm / hu.geometry().spacing[2];
  struct Weighted {
    int64_t slice;
    float weight;
  };
  std::vector<Weighted> slices;
  for (const double at : {k - step, k, k + step}) {
    const double inside = std::clamp(at, 0.0, double(hu.nz() - 1));
    const auto first = int64_t(inside);
    const auto share = float(inside - double(first));
    slices.push_back({first, (1 - share) / 3});
    if (share > 0) slices.push_back({first + 1, share / 3});
  }
  return resampled(hu.nx(), hu.ny(), square, [&](int64_t i, int64_t j) {
    float sum = 0;
    for (const Weighted& one : slices) sum += one.weight * float(hu.at(i, j, one.slice));
    return sum;
  });
}

void append_phase(const PhaseImage& image,
                  double level,
                  const Place& place,
                  double pixel_mm,
                  int64_t side,
                  const VerifyInput& input,
                  std::vector<float>& values) {
  const Geometry& grid = image.hu.geometry();
  const Square square = square_of(grid, place.center, pixel_mm, side);
  for (const double height : input.planes_mm) {
    for (const float hu : slab(image.hu, square, square.center_k + height / grid.spacing[2]))
      values.push_back(float(std::clamp((double(hu) - level) / input.window_hu, -kCutOff, kCutOff)));
  }
  const int64_t k = std::clamp<int64_t>(std::llround(square.center_k), 0, image.hu.nz() - 1);
  const std::vector<float> liver = image.liver.empty()
                                       ? std::vector<float>(size_t(side * side), 1)
                                       : resampled(image.hu.nx(), image.hu.ny(), square, [&](int64_t i, int64_t j) {
                                           return float(image.liver.at(i, j, k) != 0);
                                         });
  values.insert(values.end(), liver.begin(), liver.end());
  for (int64_t y = 0; y < side; ++y)
    for (int64_t x = 0; x < side; ++x) {
      const double i = square.map.x.source(double(x)) + 0.5, j = square.map.y.source(double(y)) + 0.5;
      const bool inside =
          place.box && i >= place.box->x0 && i < place.box->x1 && j >= place.box->y0 && j < place.box->y1;
      values.push_back(inside ? float(place.score) : 0);
    }
}

VerifyInput checked(VerifyInput input, const std::string& source, ErrorCode code) {
  if (input.planes_mm.empty() || input.phases.empty())
    throw Error(code, source + ": 'planes_mm' and 'phases' need at least one entry each");
  return input;
}

/// Keys of a recipe or of metadata: both readers have the same functions.
template <class Reader>
VerifyInput read_input(Reader& reader, const std::string& source, ErrorCode code) {
  VerifyInput input;
  input.size = int(reader.integer("size", input.size, 16, 512));
  input.spacing_mm = reader.number("spacing_mm", input.spacing_mm, 0.1, 10);
  input.part = reader.number("part", input.part, 0.05, 1);
  input.window_hu = reader.number("window_hu", input.window_hu, 1, 4000);
  input.planes_mm = reader.numbers("planes_mm", input.planes_mm, -100, 100);
  std::vector<std::string> names;
  for (const Phase phase : input.phases) names.emplace_back(name_of(phase));
  input.phases.clear();
  for (const std::string& name : reader.texts("phases", names)) {
    const auto phase = phase_from_name(name);
    if (!phase) throw Error(code, source + ": 'phases' holds '" + name + "', which is no phase");
    input.phases.push_back(*phase);
  }
  input.confidence = reader.number("confidence", input.confidence, 0.001, 1);
  input.least_score = reader.number("least_score", input.least_score, 0, 1);
  return checked(std::move(input), source, code);
}

}  // namespace

nlohmann::json json_from_input(const VerifyInput& input) {
  nlohmann::json phases = nlohmann::json::array();
  for (const Phase phase : input.phases) phases.push_back(name_of(phase));
  return {{"size", input.size},
          {"spacing_mm", input.spacing_mm},
          {"part", input.part},
          {"window_hu", input.window_hu},
          {"planes_mm", input.planes_mm},
          {"phases", phases},
          {"confidence", input.confidence},
          {"least_score", input.least_score},
          {"detector", json_from_input(input.detector)}};
}

VerifyInput verify_input_from_json(const nlohmann::json& json, const std::string& source) {
  if (!json.is_object() || !json.contains("detector"))
    throw Error(ErrorCode::wrong_checkpoint, source + ": metadata 'input' does not say the detector's input");
  nlohmann::json own = json;
  own.erase("detector");
  StrictJson reader(own, source + ": metadata 'input'", ErrorCode::wrong_checkpoint);
  VerifyInput input = read_input(reader, source, ErrorCode::wrong_checkpoint);
  reader.finish();
  input.detector = detect_input_from_json(json["detector"], source);
  return input;
}

VerifyInput verify_input_from_block(const Block& block) {
  OptionReader reader(block);
  VerifyInput input = read_input(reader, block.file, ErrorCode::bad_recipe);
  reader.finish();
  return input;
}

LinkOptions candidate_options(const LinkOptions& link, const VerifyInput& input) {
  LinkOptions options = link;
  options.least_score = options.large_least_score = input.least_score;
  return options;
}

ViewContext::ViewContext(const PreprocessedStudy& study) : breathing_mm(breathing_shifts_mm(study)) {
  for (const PhaseImage& image : study.images) {
    const auto median = image.liver.empty() ? std::nullopt : median_hu(image.hu.values(), image.liver.values());
    levels.push_back(median.value_or(kNoLiverLevel_hu));
  }
}

PlaneImage verify_view(const PreprocessedStudy& study,
                       const ViewContext& context,
                       const std::vector<Track>& lesion,
                       const VerifyInput& input,
                       double widened) {
  const int64_t side = std::llround(widened * input.size);
  const double least = input.spacing_mm * input.size;
  const double pixel_mm = std::max(least, longest_side_mm(study, lesion) / input.part) / input.size;
  std::vector<Place> places;
  for (const Track& track : lesion) places.push_back(place_of(study, track));
  const Place& best =
      *std::max_element(places.begin(), places.end(), [](const Place& a, const Place& b) { return a.score < b.score; });
  PlaneImage view{input.channels(), side, side, {}};
  view.values.reserve(size_t(view.channels * side * side));
  for (const std::optional<size_t>& image : images_of_phases(study, input.phases)) {
    if (!image) {
      view.values.resize(view.values.size() + size_t(input.channels_per_phase() * side * side), 0);
      continue;
    }
    const auto own =
        std::find_if(places.begin(), places.end(), [&](const Place& place) { return place.image == *image; });
    const Place place =
        own != places.end() ? *own : carried_over(best, *image, context.breathing_mm[best.image][*image]);
    append_phase(study.images[*image], context.levels[*image], place, pixel_mm, side, input, view.values);
  }
  return view;
}

VerifyOptions read_verify_options(const Block& block) {
  VerifyOptions options;
  OptionReader reader(block);
  options.use = reader.boolean("use", options.use);
  options.detector_share = reader.number("detector_share", options.detector_share, 0, 1);
  options.least_score = reader.number("least_score", options.least_score, 0, 1);
  options.large_mm = reader.number("large_mm", options.large_mm, 0, 1000);
  options.large_least_score = reader.number("large_least_score", options.large_least_score, 0, 1);
  reader.finish();
  return options;
}

double verified_score(double detected, double verified, double detector_share) {
  return std::pow(verified, 1 - detector_share) * std::pow(detected, detector_share);
}

Verifier::Verifier(std::shared_ptr<Predictor> predictor, const VerifyOptions& options)
    : predictor_(std::move(predictor)), options_(options) {
  const nlohmann::json& metadata = predictor_->metadata();
  const nlohmann::json none = nlohmann::json::object();
  const nlohmann::json network = metadata.value("network", none), arguments = network.value("arguments", none);
  input_ = verify_input_from_json(metadata.value("input", nlohmann::json()), "verify");
  const int64_t classes = arguments.value("classes", 0), channels = arguments.value("in_channels", 3);
  if (classes != 2 || channels != input_.channels())
    throw Error(ErrorCode::wrong_checkpoint,
                fmt::format("the checkpoint of the lesion verifier holds a network '{}' of {} classes and {} channels; "
                            "2 classes and, by its input, {} channels are needed",
                            network.value("family", ""),
                            classes,
                            channels,
                            input_.channels()));
}

std::vector<double> Verifier::probabilities(const PreprocessedStudy& study,
                                            const std::vector<LinkedLesion>& candidates) const {
  const ViewContext context(study);
  std::vector<double> all;
  for (size_t first = 0; first < candidates.size(); first += kBatch) {
    check_interrupted();
    const size_t count = std::min(kBatch, candidates.size() - first);
    std::vector<PlaneImage> views(count);
    parallel_for(count,
                 [&](size_t n) { views[n] = verify_view(study, context, candidates[first + n].tracks, input_); });
    Array batch{{int64_t(count), input_.channels(), input_.size, input_.size}, {}};
    for (const PlaneImage& view : views)
      batch.values.insert(batch.values.end(), view.values.begin(), view.values.end());
    const Array logits = predictor_->run(batch, {"logits"}).at("logits");
    for (size_t n = 0; n < count; ++n)
      all.push_back(1.0 / (1.0 + std::exp(double(logits.values[2 * n]) - double(logits.values[2 * n + 1]))));
  }
  return all;
}

std::vector<LinkedLesion> Verifier::judge(const PreprocessedStudy& study,
                                          const std::vector<LinkedLesion>& candidates) const {
  const std::vector<double> verified = probabilities(study, candidates);
  std::vector<LinkedLesion> kept;
  for (size_t n = 0; n < candidates.size(); ++n) {
    const double score = verified_score(candidates[n].score, verified[n], options_.detector_share);
    const bool large = longest_side_mm(study, candidates[n].tracks) >= options_.large_mm;
    if (score >= (large ? options_.large_least_score : options_.least_score))
      kept.push_back({candidates[n].tracks, score});
  }
  return kept;
}

}  // namespace hepatica
