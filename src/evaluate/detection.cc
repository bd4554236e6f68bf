#include "evaluate/detection.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "base/error.h"

namespace hepatica {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr size_t kRecalls = 101;

/// The boxes by number: image and class instead of names, detections in descending order of score.
struct Problem {
  std::vector<DetectionBox> detections, references;
  std::vector<uint32_t> image_of_detection, image_of_reference;  // index into images
  std::vector<uint32_t> patient_of_image;
  std::vector<std::vector<uint32_t>> references_of_image, detections_of_image;
  std::vector<std::vector<uint32_t>> references_of_class, detections_of_class;
  size_t images = 0, patients = 0;
};

Problem problem_of(const DetectionTables& tables) {
  Problem problem;
  problem.detections = tables.detections;
  problem.references = tables.references;
  std::stable_sort(problem.detections.begin(),
                   problem.detections.end(),
                   [](const DetectionBox& a, const DetectionBox& b) { return a.score > b.score; });
  problem.images = tables.images.size();
  problem.references_of_image.resize(problem.images);
  problem.detections_of_image.resize(problem.images);
  problem.references_of_class.resize(tables.classes.size());
  problem.detections_of_class.resize(tables.classes.size());
  std::map<std::string, uint32_t> images, patients, classes;
  for (const std::string& name : tables.classes) classes.emplace(name, uint32_t(classes.size()));
  for (size_t i = 0; i < tables.images.size(); ++i) {
    images.emplace(tables.images[i], uint32_t(i));
    problem.patient_of_image.push_back(
        patients.emplace(tables.patient_of_image[i], uint32_t(patients.size())).first->second);
  }
  problem.patients = patients.size();
  for (size_t d = 0; d < problem.detections.size(); ++d) {
    problem.image_of_detection.push_back(images.at(problem.detections[d].image));
    problem.detections_of_image[problem.image_of_detection.back()].push_back(uint32_t(d));
    problem.detections_of_class[classes.at(problem.detections[d].class_name)].push_back(uint32_t(d));
  }
  for (size_t r = 0; r < problem.references.size(); ++r) {
    problem.image_of_reference.push_back(images.at(problem.references[r].image));
    problem.references_of_image[problem.image_of_reference.back()].push_back(uint32_t(r));
    problem.references_of_class[classes.at(problem.references[r].class_name)].push_back(uint32_t(r));
  }
  return problem;
}

/// Which reference each detection takes; -1 for none.
std::vector<int> match(const Problem& problem, double iou, double confidence) {
  std::vector<int> taken(problem.detections.size(), -1);
  std::vector<uint8_t> used(problem.references.size(), 0);
  for (size_t d = 0; d < problem.detections.size(); ++d) {
    if (problem.detections[d].score < confidence) break;
    double best = std::min(iou, 1 - 1e-10);
    for (const uint32_t r : problem.references_of_image[problem.image_of_detection[d]]) {
      if (used[r] || problem.references[r].class_name != problem.detections[d].class_name) continue;
      const double overlap = box_iou(problem.detections[d], problem.references[r]);
      // Equal overlaps go to the later reference, as in pycocotools.
      if (overlap < best) continue;
      best = overlap;
      taken[d] = int(r);
    }
    if (taken[d] >= 0) used[size_t(taken[d])] = 1;
  }
  return taken;
}

/// LiLNet's counting: whether any detection of the class reaches each reference.
std::vector<uint8_t> reached(const Problem& problem, double iou, double confidence) {
  std::vector<uint8_t> found(problem.references.size(), 0);
  for (size_t r = 0; r < problem.references.size(); ++r)
    for (const uint32_t d : problem.detections_of_image[problem.image_of_reference[r]])
      if (problem.detections[d].score >= confidence &&
          problem.detections[d].class_name == problem.references[r].class_name &&
          box_iou(problem.detections[d], problem.references[r]) >= iou)
        found[r] = 1;
  return found;
}

/// Per patient: references, references found, detections.
struct PatientCounts {
  std::vector<double> references, found, detections;
};

PatientCounts counts_of(const Problem& problem, const std::vector<uint8_t>& found, double confidence) {
  PatientCounts counts{std::vector<double>(problem.patients, 0.0),
                       std::vector<double>(problem.patients, 0.0),
                       std::vector<double>(problem.patients, 0.0)};
  for (size_t r = 0; r < problem.references.size(); ++r) {
    const uint32_t patient = problem.patient_of_image[problem.image_of_reference[r]];
    counts.references[patient] += 1;
    counts.found[patient] += found[r];
  }
  for (size_t d = 0; d < problem.detections.size(); ++d)
    if (problem.detections[d].score >= confidence)
      counts.detections[problem.patient_of_image[problem.image_of_detection[d]]] += 1;
  return counts;
}

double dot(std::span<const uint32_t> weights, const std::vector<double>& values) {
  double sum = 0;
  for (size_t i = 0; i < weights.size(); ++i) sum += weights[i] * values[i];
  return sum;
}

/// Mean over classes with references of the average precision, patients weighted.
double mean_average_precision(const Problem& problem,
                              const std::vector<int>& taken,
                              std::span<const uint32_t> patient_weights) {
  double sum = 0, classes = 0;
  for (size_t c = 0; c < problem.references_of_class.size(); ++c) {
    double references = 0;
    for (const uint32_t r : problem.references_of_class[c])
      references += patient_weights[problem.patient_of_image[problem.image_of_reference[r]]];
    if (references == 0) continue;
    std::vector<uint8_t> matched;
    std::vector<uint32_t> weights;
    for (const uint32_t d : problem.detections_of_class[c]) {
      matched.push_back(taken[d] >= 0);
      weights.push_back(patient_weights[problem.patient_of_image[problem.image_of_detection[d]]]);
    }
    sum += average_precision_101(matched, weights, references);
    classes += 1;
  }
  return classes > 0 ? sum / classes : kNaN;
}

stats::Estimate estimate(const stats::Bootstrap& bootstrap, size_t s, int64_t n, const std::string& why_not) {
  if (!std::isfinite(bootstrap.value(s))) return stats::undefined(n, why_not);
  return bootstrap.best(s, n);
}

DetectionAtIou at_iou(const Problem& problem, double iou, const DetectionOptions& options) {
  std::vector<uint8_t> found(problem.references.size(), 0);
  if (options.lilnet) {
    found = reached(problem, iou, options.confidence);
  } else {
    for (const int r : match(problem, iou, options.confidence))
      if (r >= 0) found[size_t(r)] = 1;
  }
  const PatientCounts counts = counts_of(problem, found, options.confidence);
  const std::vector<int> all_matches = match(problem, iou, 0);
  const auto statistics = [&](std::span<const uint32_t> weights, std::span<double> values) {
    const double hits = dot(weights, counts.found), calls = dot(weights, counts.detections),
                 truths = dot(weights, counts.references);
    const double precision = calls > 0 && hits <= calls ? hits / calls : kNaN;
    values[0] = precision;
    values[1] = truths > 0 ? hits / truths : kNaN;
    values[2] = calls + truths > 0 && hits <= calls ? 2 * hits / (calls + truths) : kNaN;
    values[3] = mean_average_precision(problem, all_matches, weights);
  };
  const stats::Bootstrap bootstrap(statistics, 4, stats::independent_cases(problem.patients), options.bootstrap);
  DetectionAtIou result;
  result.iou = iou;
  result.references = int64_t(problem.references.size());
  result.true_positives = std::count(found.begin(), found.end(), uint8_t(1));
  result.detections = std::count_if(problem.detections.begin(), problem.detections.end(), [&](const DetectionBox& box) {
    return box.score >= options.confidence;
  });
  const std::string none = result.detections == 0
                               ? "no box reaches the confidence"
                               : "one box serves several references: their number exceeds that of the boxes";
  result.precision = estimate(bootstrap, 0, result.detections, none);
  result.recall = estimate(bootstrap, 1, result.references, "there is no reference");
  result.f1 = estimate(bootstrap, 2, result.references, none);
  result.average_precision = estimate(bootstrap, 3, result.references, "there is no reference");
  return result;
}

stats::Estimate map_50_95(const Problem& problem, const DetectionOptions& options) {
  std::vector<std::vector<int>> matches;
  for (int step = 0; step < 10; ++step) matches.push_back(match(problem, 0.5 + 0.05 * step, 0));
  const auto statistics = [&](std::span<const uint32_t> weights, std::span<double> values) {
    double sum = 0;
    for (const auto& taken : matches) sum += mean_average_precision(problem, taken, weights);
    values[0] = sum / double(matches.size());
  };
  const stats::Bootstrap bootstrap(statistics, 1, stats::independent_cases(problem.patients), options.bootstrap);
  return estimate(bootstrap, 0, int64_t(problem.references.size()), "there is no reference");
}

struct Band {
  std::string name;
  double low, high;
};

std::vector<Band> bands_of(const Problem& problem) {
  std::vector<Band> bands{{"all", -1, std::numeric_limits<double>::infinity()}};
  const bool sized = std::any_of(
      problem.references.begin(), problem.references.end(), [](const DetectionBox& box) { return bool(box.size_mm); });
  if (!sized) return bands;
  bands.push_back({"< 10 mm", 0, 10});
  bands.push_back({"10 to < 30 mm", 10, 30});
  bands.push_back({"30 to < 50 mm", 30, 50});
  bands.push_back({"50 mm and more", 50, std::numeric_limits<double>::infinity()});
  return bands;
}

/// At most 40 of the scores that occur, evenly spread over their order.
std::vector<double> froc_thresholds(const Problem& problem) {
  std::vector<double> scores;
  for (const DetectionBox& box : problem.detections)
    if (scores.empty() || box.score != scores.back()) scores.push_back(box.score);
  constexpr size_t kMost = 40;
  if (scores.size() <= kMost) return scores;
  std::vector<double> chosen;
  for (size_t i = 0; i < kMost; ++i) chosen.push_back(scores[i * (scores.size() - 1) / (kMost - 1)]);
  return chosen;
}

BoxFrocCurve froc_curve(const Problem& problem, const Band& band, const DetectionOptions& options) {
  const std::vector<int> taken = match(problem, options.froc_iou, 0);
  BoxFrocCurve curve{band.name, 0, {}};
  std::vector<uint8_t> in_band;
  for (const DetectionBox& reference : problem.references) {
    in_band.push_back(band.low < 0 ||
                      (reference.size_mm && *reference.size_mm >= band.low && *reference.size_mm < band.high));
    curve.references += in_band.back();
  }
  if (curve.references == 0) return curve;
  for (const double threshold : froc_thresholds(problem)) {
    std::vector<double> found(problem.patients, 0.0), all(problem.patients, 0.0);
    double false_positives = 0;
    for (size_t r = 0; r < in_band.size(); ++r)
      all[problem.patient_of_image[problem.image_of_reference[r]]] += in_band[r];
    for (size_t d = 0; d < taken.size() && problem.detections[d].score >= threshold; ++d) {
      if (taken[d] < 0)
        false_positives += 1;
      else
        found[problem.patient_of_image[problem.image_of_detection[d]]] += in_band[size_t(taken[d])];
    }
    curve.points.push_back(
        {threshold, false_positives / double(problem.images), stats::ratio_estimate(found, all, options.bootstrap)});
  }
  return curve;
}

}  // namespace

double box_iou(const DetectionBox& a, const DetectionBox& b) {
  const double width = std::min(a.x1, b.x1) - std::max(a.x0, b.x0),
               height = std::min(a.y1, b.y1) - std::max(a.y0, b.y0);
  if (width <= 0 || height <= 0) return 0;
  const double both = width * height;
  return both / ((a.x1 - a.x0) * (a.y1 - a.y0) + (b.x1 - b.x0) * (b.y1 - b.y0) - both);
}

double average_precision_101(const std::vector<uint8_t>& matched,
                             const std::vector<uint32_t>& weights,
                             double references) {
  std::vector<double> recall, precision;
  double hits = 0, calls = 0;
  for (size_t d = 0; d < matched.size(); ++d) {
    if (weights[d] == 0) continue;
    hits += matched[d] ? weights[d] : 0;
    calls += weights[d];
    recall.push_back(hits / references);
    precision.push_back(hits / calls);
  }
  for (size_t i = precision.size(); i-- > 1;) precision[i - 1] = std::max(precision[i - 1], precision[i]);
  double sum = 0;
  size_t at = 0;
  for (size_t k = 0; k < kRecalls; ++k) {
    const double wanted = double(k) / double(kRecalls - 1);
    while (at < recall.size() && recall[at] < wanted - 1e-12) ++at;
    if (at < precision.size()) sum += precision[at];
  }
  return sum / double(kRecalls);
}

DetectionEvaluation evaluate_detections(const DetectionTables& tables, const DetectionOptions& options) {
  for (const double iou : options.ious)
    if (!(iou > 0 && iou <= 1))
      throw Error(ErrorCode::bad_values, fmt::format("an IoU threshold of {} is not within 0 and 1", iou));
  const Problem problem = problem_of(tables);
  DetectionEvaluation result;
  result.images = int64_t(problem.images);
  result.patients = int64_t(problem.patients);
  for (const double iou : options.ious) result.at.push_back(at_iou(problem, iou, options));
  result.map_50_95 = map_50_95(problem, options);
  for (const Band& band : bands_of(problem)) result.froc.push_back(froc_curve(problem, band, options));
  return result;
}

}  // namespace hepatica
