#include "stages/ingest/frames.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <set>
#include <tuple>

#include "stages/ingest/clock.h"
#include "stages/ingest/vectors.h"

namespace hepatica {
namespace {

/// Positions closer than this along the normal are the same place, mm.
constexpr double kSamePlaceMm = 0.05;

/// Pauses longer than this part one acquisition from the next, seconds.
constexpr double kPauseSeconds = 5.0;

std::string third_value(const std::string& image_type) {
  size_t start = 0;
  for (int skipped = 0; skipped < 2; ++skipped) {
    start = image_type.find('\\', start);
    if (start == std::string::npos) return {};
    ++start;
  }
  return image_type.substr(start, image_type.find('\\', start) - start);
}

bool same_plane_kind(const FrameRef& a, const FrameRef& b) {
  const DicomFrame &fa = a.frame(), &fb = b.frame();
  const DicomPixelFormat &pa = a.image->format, &pb = b.image->format;
  if (pa.rows != pb.rows || pa.columns != pb.columns || pa.samples != pb.samples) return false;
  if (a.image->sop_class_uid != b.image->sop_class_uid) return false;
  if (third_value(fa.image_type) != third_value(fb.image_type)) return false;
  if (fa.spacing.has_value() != fb.spacing.has_value() || fa.orientation.has_value() != fb.orientation.has_value())
    return false;
  if (fa.spacing)
    for (size_t i = 0; i < 2; ++i)
      if (std::abs((*fa.spacing)[i] - (*fb.spacing)[i]) > 1e-3) return false;
  if (fa.orientation)
    for (size_t i = 0; i < 6; ++i)
      if (std::abs((*fa.orientation)[i] - (*fb.orientation)[i]) > 0.01) return false;
  return true;
}

/// The index of the place of each frame along the normal of the first.
std::vector<size_t> places_of(const std::vector<FrameRef>& frames) {
  const Vec3 normal = *normal_of(frames.front().frame());
  std::vector<double> along;
  for (const FrameRef& ref : frames) along.push_back(dot(*ref.frame().position, normal));
  std::vector<size_t> order(frames.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return along[a] < along[b]; });
  std::vector<size_t> places(frames.size());
  size_t place = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    if (i > 0 && along[order[i]] - along[order[i - 1]] > kSamePlaceMm) ++place;
    places[order[i]] = place;
  }
  return places;
}

size_t most_repeats(const std::vector<FrameRef>& frames) {
  std::map<size_t, size_t> counts;
  size_t most = 0;
  for (size_t place : places_of(frames)) most = std::max(most, ++counts[place]);
  return most;
}

/// Numbers runs of acquisition times that are separated by a pause.
std::vector<std::string> runs_in_time(const std::vector<FrameRef>& frames) {
  std::vector<double> times;
  for (const FrameRef& ref : frames) times.push_back(seconds_since_midnight(ref.frame().acquisition_time));
  std::vector<double> sorted = times;
  std::sort(sorted.begin(), sorted.end());
  std::vector<std::string> runs;
  for (double time : times) {
    int run = 0;
    for (size_t i = 1; i < sorted.size() && sorted[i] <= time; ++i) run += sorted[i] - sorted[i - 1] > kPauseSeconds;
    runs.push_back(std::to_string(run));
  }
  return runs;
}

using Parts = std::vector<std::vector<FrameRef>>;

/// The parts by `keys` where in none a position repeats, else nothing.
std::optional<Parts> part_by(const std::vector<FrameRef>& frames, const std::vector<std::string>& keys, size_t most) {
  std::map<std::pair<size_t, std::string>, std::vector<FrameRef>> parts;  // shorter numbers first
  for (size_t i = 0; i < frames.size(); ++i) parts[{keys[i].size(), keys[i]}].push_back(frames[i]);
  if (parts.size() < 2 || parts.size() > 3 * most) return std::nullopt;
  Parts result;
  for (auto& [key, part] : parts) {
    if (most_repeats(part) > 1) return std::nullopt;
    result.push_back(std::move(part));
  }
  return result;
}

/// Where each position repeats equally often: the first of each, the second of each, and so on.
std::optional<Parts> part_by_order(std::vector<FrameRef> frames, size_t most) {
  std::sort(frames.begin(), frames.end(), [](const FrameRef& a, const FrameRef& b) {
    const auto key = [](const FrameRef& r) {
      return std::make_tuple(seconds_since_midnight(r.frame().acquisition_time), r.image->instance_number, r.index);
    };
    return key(a) < key(b);
  });
  const std::vector<size_t> places = places_of(frames);
  const size_t place_count = *std::max_element(places.begin(), places.end()) + 1;
  if (place_count * most != frames.size() || most < 2) return std::nullopt;
  Parts result(most);
  std::map<size_t, size_t> seen;
  for (size_t i = 0; i < frames.size(); ++i) result[seen[places[i]]++].push_back(frames[i]);
  return result;
}

std::vector<std::string> keys_of(const std::vector<FrameRef>& frames,
                                 const std::function<std::string(const DicomFrame&)>& key) {
  std::vector<std::string> keys;
  for (const FrameRef& ref : frames) keys.push_back(key(ref.frame()));
  return keys;
}

std::optional<Parts> part_repeats(const std::vector<FrameRef>& frames, size_t most) {
  static const std::vector<std::function<std::string(const DicomFrame&)>> kKeys{
      [](const DicomFrame& f) { return f.temporal_position; },
      [](const DicomFrame& f) { return f.stack_id; },
      [](const DicomFrame& f) { return f.acquisition_number; },
      [](const DicomFrame& f) { return f.image_type; },
      [](const DicomFrame& f) { return f.echo_time; },
      [](const DicomFrame& f) { return f.trigger_time; }};
  for (const auto& key : kKeys)
    if (auto parts = part_by(frames, keys_of(frames, key), most)) return parts;
  if (auto parts = part_by(frames, runs_in_time(frames), most)) return parts;
  return part_by_order(frames, most);
}

/// Keeps the first frame of each place, by instance number.
FrameStack drop_repeats(std::vector<FrameRef> frames) {
  std::sort(frames.begin(), frames.end(), [](const FrameRef& a, const FrameRef& b) {
    return std::tie(a.image->instance_number, a.index) < std::tie(b.image->instance_number, b.index);
  });
  const std::vector<size_t> places = places_of(frames);
  std::set<size_t> seen;
  FrameStack stack;
  for (size_t i = 0; i < frames.size(); ++i)
    if (seen.insert(places[i]).second) stack.frames.push_back(frames[i]);
  stack.warnings.push_back(
      fmt::format("{} slices at a position that another slice has were left out", frames.size() - stack.frames.size()));
  return stack;
}

std::vector<FrameStack> split_repeats(std::vector<FrameRef> frames) {
  std::vector<FrameStack> stacks;
  const auto usable = [](const FrameRef& ref) { return ref.frame().position && normal_of(ref.frame()); };
  if (!std::all_of(frames.begin(), frames.end(), usable)) return {{std::move(frames), {}}};
  const size_t most = most_repeats(frames);
  // All at one place: a bolus watch, refused later for what it is.
  if (most == 1 || most == frames.size()) return {{std::move(frames), {}}};
  if (auto parts = part_repeats(frames, most)) {
    for (auto& part : *parts)
      stacks.push_back({std::move(part), {fmt::format("the series holds {} volumes; this is one", parts->size())}});
    return stacks;
  }
  return {drop_repeats(std::move(frames))};
}

}  // namespace

std::optional<Vec3> normal_of(const DicomFrame& frame) {
  if (!frame.orientation) return std::nullopt;
  const auto& o = *frame.orientation;
  const Vec3 row{o[0], o[1], o[2]}, column{o[3], o[4], o[5]};
  if (std::abs(norm(row) - 1) > 0.01 || std::abs(norm(column) - 1) > 0.01 || std::abs(dot(row, column)) > 0.01)
    return std::nullopt;
  const Vec3 normal = cross(row, column);
  return scaled(normal, 1 / norm(normal));
}

std::vector<FrameStack> split_series(std::vector<FrameRef> frames) {
  std::set<std::pair<std::string, size_t>> seen;
  const size_t before = frames.size();
  std::erase_if(frames, [&](const FrameRef& ref) {
    const std::string& uid = ref.image->sop_instance_uid;
    return !uid.empty() && !seen.emplace(uid, ref.index).second;
  });
  const size_t copies = before - frames.size();
  std::vector<std::vector<FrameRef>> kinds;
  for (FrameRef& ref : frames) {
    auto kind =
        std::find_if(kinds.begin(), kinds.end(), [&](const auto& k) { return same_plane_kind(k.front(), ref); });
    if (kind == kinds.end()) kind = kinds.insert(kinds.end(), std::vector<FrameRef>{});
    kind->push_back(std::move(ref));
  }
  std::vector<FrameStack> stacks;
  for (auto& kind : kinds)
    for (FrameStack& stack : split_repeats(std::move(kind))) stacks.push_back(std::move(stack));
  if (copies > 0 && !stacks.empty())
    stacks.front().warnings.push_back(fmt::format("{} files that are copies of another were left out", copies));
  return stacks;
}

}  // namespace hepatica
