#include "stages/detect/link.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>

namespace hepatica {
namespace {

struct Pair {
  double quality = 0;
  size_t first = 0, second = 0;
};

/// One-to-one pairs, best first.
std::vector<Pair> greedy_pairs(std::vector<Pair> pairs, size_t firsts, size_t seconds) {
  std::stable_sort(pairs.begin(), pairs.end(), [](const Pair& a, const Pair& b) { return a.quality > b.quality; });
  std::vector<bool> first_taken(firsts, false), second_taken(seconds, false);
  std::vector<Pair> chosen;
  for (const Pair& pair : pairs) {
    if (first_taken[pair.first] || second_taken[pair.second]) continue;
    first_taken[pair.first] = second_taken[pair.second] = true;
    chosen.push_back(pair);
  }
  return chosen;
}

double distance(const Vec3& a, const Vec3& b) { return std::hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]); }

/// Tracks of one lesion in several images, with their world boxes.
struct Group {
  std::vector<Track> tracks;
  std::vector<Box3> boxes;
};

void join_phase(std::vector<Group>& groups,
                const std::vector<Track>& tracks,
                const Geometry& geometry,
                const LinkOptions& options) {
  const Vec3 shift{options.shift_mm / 2, options.shift_mm / 2, options.shift_mm};
  std::vector<Box3> boxes;
  std::vector<Pair> pairs;
  for (size_t t = 0; t < tracks.size(); ++t) {
    boxes.push_back(world_box(tracks[t], geometry));
    for (size_t g = 0; g < groups.size(); ++g)
      for (const Box3& other : groups[g].boxes) {
        const double overlap = overlap_of_smaller(boxes[t], other, shift);
        // Nearer lesions first: the shift is only what is allowed, not what is likely.
        if (overlap >= options.phase_overlap) pairs.push_back({-distance(boxes[t].center(), other.center()), g, t});
      }
  }
  std::vector<bool> joined(tracks.size(), false);
  for (const Pair& pair : greedy_pairs(pairs, groups.size(), tracks.size())) {
    groups[pair.first].tracks.push_back(tracks[pair.second]);
    groups[pair.first].boxes.push_back(boxes[pair.second]);
    joined[pair.second] = true;
  }
  for (size_t t = 0; t < tracks.size(); ++t)
    if (!joined[t]) groups.push_back({{tracks[t]}, {boxes[t]}});
}

/// By slice, then descending score; boxes that share `nested` of the smaller with a better one of their slice are gone.
std::vector<Detection> without_nested(std::vector<Detection> detections, double nested) {
  std::stable_sort(detections.begin(), detections.end(), [](const Detection& a, const Detection& b) {
    return a.slice != b.slice ? a.slice < b.slice : a.score > b.score;
  });
  std::vector<Detection> kept;
  for (const Detection& detection : detections) {
    const bool repeats = std::any_of(kept.begin(), kept.end(), [&](const Detection& better) {
      return better.slice == detection.slice && overlap_of_smaller(better.box, detection.box) > nested;
    });
    if (!repeats) kept.push_back(detection);
  }
  return kept;
}

/// Without the boxes at both ends that score less than `least_part` of the best.
Track trimmed(Track track, double least_part) {
  std::vector<Detection>& all = track.detections;
  const auto sure = [least = least_part * surest(all).score](const Detection& d) { return d.score >= least; };
  all.erase(std::find_if(all.rbegin(), all.rend(), sure).base(), all.end());
  all.erase(all.begin(), std::find_if(all.begin(), all.end(), sure));
  return track;
}

/// Mean of the best scores over `score_mm`; slices that are missing count 0.
double phase_score(const Track& track, double step_mm, double score_mm) {
  const auto wanted = size_t(std::max<int64_t>(1, std::llround(score_mm / step_mm)));
  std::vector<double> scores;
  for (const Detection& detection : track.detections) scores.push_back(detection.score);
  std::sort(scores.rbegin(), scores.rend());
  scores.resize(wanted, 0.0);
  return std::accumulate(scores.begin(), scores.end(), 0.0) / double(wanted);
}

}  // namespace

LinkOptions read_link_options(const Block& block) {
  LinkOptions options;
  OptionReader reader(block);
  options.nested = reader.number("nested", options.nested, 0, 1);
  options.overlap = reader.number("overlap", options.overlap, 0, 1);
  options.gap_mm = reader.number("gap_mm", options.gap_mm, 0, 100);
  options.least_part = reader.number("least_part", options.least_part, 0, 1);
  options.shift_mm = reader.number("shift_mm", options.shift_mm, 0, 100);
  options.phase_overlap = reader.number("phase_overlap", options.phase_overlap, 0, 1);
  options.score_mm = reader.number("score_mm", options.score_mm, 0.1, 100);
  options.all_phases = reader.number("all_phases", options.all_phases, 0, 1);
  options.least_score = reader.number("least_score", options.least_score, 0, 1);
  options.large_mm = reader.number("large_mm", options.large_mm, 0, 1000);
  options.large_least_score = reader.number("large_least_score", options.large_least_score, 0, 1);
  options.least_size_mm = reader.number("least_size_mm", options.least_size_mm, 0, 100);
  options.in_liver = reader.boolean("in_liver", options.in_liver);
  OptionReader gallbladder(reader.block("gallbladder"));
  GallbladderOptions& rule = options.gallbladder;
  rule.leave_out = gallbladder.boolean("leave_out", rule.leave_out);
  rule.most_hu = gallbladder.number("most_hu", rule.most_hu, 0, 100);
  rule.most_in_liver = gallbladder.number("most_in_liver", rule.most_in_liver, 0, 1);
  rule.highest = gallbladder.number("highest", rule.highest, 0, 1);
  rule.least_ml = gallbladder.number("least_ml", rule.least_ml, 0, 1000);
  rule.least_spread = gallbladder.number("least_spread", rule.least_spread, 0, 100);
  rule.most_bright = gallbladder.number("most_bright", rule.most_bright, 0, 1);
  gallbladder.finish();
  reader.finish();
  return options;
}

double longest_side_mm(const PreprocessedStudy& study, const std::vector<Track>& lesion) {
  double longest = 0;
  for (const Track& track : lesion) {
    const Vec3& spacing = study.images[track.image].hu.geometry().spacing;
    for (const Detection& d : track.detections) longest = std::max(longest, longest_side_mm(d.box, spacing));
  }
  return longest;
}

const Detection& surest(const std::vector<Detection>& detections) {
  return *std::max_element(
      detections.begin(), detections.end(), [](const Detection& a, const Detection& b) { return a.score < b.score; });
}

double overlap_of_smaller(const Box2& a, const Box2& b) {
  const double w = std::min(a.x1, b.x1) - std::max(a.x0, b.x0), h = std::min(a.y1, b.y1) - std::max(a.y0, b.y0);
  const double smaller = std::min(a.area(), b.area());
  return w > 0 && h > 0 && smaller > 0 ? w * h / smaller : 0.0;
}

double overlap_of_smaller(const Box3& a, const Box3& b, const Vec3& shift) {
  double share = 1, volume_a = 1, volume_b = 1;
  for (size_t axis = 0; axis < 3; ++axis) {
    const double length_a = a.high[axis] - a.low[axis], length_b = b.high[axis] - b.low[axis];
    const double overlap = std::min(a.high[axis], b.high[axis]) - std::max(a.low[axis], b.low[axis]);
    share *= std::clamp(overlap + shift[axis], 0.0, std::min(length_a, length_b));
    volume_a *= length_a;
    volume_b *= length_b;
  }
  const double smaller = std::min(volume_a, volume_b);
  return smaller > 0 ? std::min(1.0, share / smaller) : 0.0;
}

Box3 world_box(const Track& track, const Geometry& geometry) {
  constexpr double kFar = std::numeric_limits<double>::infinity();
  Box3 box{{kFar, kFar, kFar}, {-kFar, -kFar, -kFar}};
  for (const Detection& detection : track.detections)
    for (int corner = 0; corner < 8; ++corner) {
      // Pixel i covers [i, i + 1), its centre is index i.
      const Vec3 world = world_from_index(geometry,
                                          {(corner & 1 ? detection.box.x1 : detection.box.x0) - 0.5,
                                           (corner & 2 ? detection.box.y1 : detection.box.y0) - 0.5,
                                           double(detection.slice) + (corner & 4 ? 0.5 : -0.5)});
      for (size_t axis = 0; axis < 3; ++axis) {
        box.low[axis] = std::min(box.low[axis], world[axis]);
        box.high[axis] = std::max(box.high[axis], world[axis]);
      }
    }
  return box;
}

std::vector<Track> link_slices(const std::vector<Detection>& detections,
                               const Geometry& geometry,
                               const LinkOptions& options) {
  const std::vector<Detection> sorted = without_nested(detections, options.nested);
  std::vector<Track> tracks;
  for (size_t first = 0; first < sorted.size();) {
    size_t last = first;
    while (last < sorted.size() && sorted[last].slice == sorted[first].slice) ++last;
    std::vector<Pair> pairs;
    for (size_t t = 0; t < tracks.size(); ++t) {
      const Detection& end = tracks[t].detections.back();
      if (double(sorted[first].slice - end.slice) * geometry.spacing[2] > options.gap_mm) continue;
      for (size_t d = first; d < last; ++d)
        if (overlap_of_smaller(end.box, sorted[d].box) >= options.overlap)
          pairs.push_back({intersection_over_union(end.box, sorted[d].box), t, d - first});
    }
    std::vector<bool> joined(last - first, false);
    for (const Pair& pair : greedy_pairs(pairs, tracks.size(), last - first)) {
      tracks[pair.first].detections.push_back(sorted[first + pair.second]);
      joined[pair.second] = true;
    }
    for (size_t d = first; d < last; ++d)
      if (!joined[d - first]) tracks.push_back({sorted[d].image, {sorted[d]}});
    first = last;
  }
  for (Track& track : tracks) track = trimmed(std::move(track), options.least_part);
  return tracks;
}

double lesion_score(const std::vector<Track>& tracks, const std::vector<double>& step_mm, const LinkOptions& options) {
  double best = 0, sum = 0;
  for (const Track& track : tracks) {
    const double score = phase_score(track, step_mm[track.image], options.score_mm);
    best = std::max(best, score);
    sum += score;
  }
  return (1 - options.all_phases) * best + options.all_phases * sum / double(step_mm.size());
}

std::vector<double> slice_steps_mm(const PreprocessedStudy& study, const std::vector<Detection>& detections) {
  std::vector<double> steps;
  for (size_t i = 0; i < study.images.size(); ++i) {
    std::set<int64_t> slices;
    for (const Detection& detection : detections)
      if (detection.image == i) slices.insert(detection.slice);
    int64_t step = 0;
    for (auto at = slices.begin(); at != slices.end() && std::next(at) != slices.end(); ++at)
      step = step == 0 ? *std::next(at) - *at : std::min(step, *std::next(at) - *at);
    steps.push_back(double(std::max<int64_t>(step, 1)) * study.images[i].hu.geometry().spacing[2]);
  }
  return steps;
}

std::vector<LinkedLesion> link_detections(const PreprocessedStudy& study,
                                          const std::vector<Detection>& detections,
                                          const LinkOptions& options) {
  std::vector<Group> groups;
  for (size_t i = 0; i < study.images.size(); ++i) {
    std::vector<Detection> of_image;
    std::copy_if(detections.begin(), detections.end(), std::back_inserter(of_image), [&](const Detection& detection) {
      return detection.image == i;
    });
    const Geometry& geometry = study.images[i].hu.geometry();
    join_phase(groups, link_slices(of_image, geometry, options), geometry, options);
  }
  const std::vector<double> steps = slice_steps_mm(study, detections);
  std::vector<LinkedLesion> lesions;
  for (const Group& group : groups) {
    const double side = longest_side_mm(study, group.tracks);
    const double least = side < options.large_mm ? options.least_score : options.large_least_score;
    const double score = lesion_score(group.tracks, steps, options);
    if (side >= options.least_size_mm && score >= least) lesions.push_back({group.tracks, score});
  }
  return lesions;
}

}  // namespace hepatica
