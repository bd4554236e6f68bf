#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/csv.h"
#include "evaluate/validation.h"

namespace hepatica {
namespace {

struct Ranked {
  double score = 0;
  std::vector<std::pair<size_t, int>> lesions;  ///< patient and label of each that counts
  bool false_positive = false;
};

}  // namespace

std::vector<FrocPoint> froc(const std::vector<CaseResult>& cases, double lesion_from_mm) {
  std::vector<Ranked> ranked;
  double there = 0, patients = 0;
  for (size_t p = 0; p < cases.size(); ++p) {
    const CaseResult& one = cases[p];
    if (one.status == "failed" || !one.lesions_known) continue;
    patients += 1;
    std::set<int> large;
    for (const LesionResult& lesion : one.lesions)
      if (lesion.long_axis_mm >= lesion_from_mm) large.insert(lesion.label);
    there += double(large.size());
    for (const PredictedLesion& lesion : one.predicted) {
      if (!lesion.judged) continue;
      Ranked entry{lesion.score, {}, lesion.labels.empty()};
      for (const int label : lesion.labels)
        if (large.count(label)) entry.lesions.emplace_back(p, label);
      ranked.push_back(std::move(entry));
    }
  }
  if (there == 0) return {};
  std::stable_sort(ranked.begin(), ranked.end(), [](const Ranked& a, const Ranked& b) { return a.score > b.score; });
  std::vector<FrocPoint> points;
  std::set<std::pair<size_t, int>> found;
  double wrong = 0;
  for (size_t i = 0; i < ranked.size(); ++i) {
    found.insert(ranked[i].lesions.begin(), ranked[i].lesions.end());
    wrong += ranked[i].false_positive;
    if (i + 1 < ranked.size() && ranked[i + 1].score == ranked[i].score) continue;
    points.push_back({ranked[i].score, double(found.size()) / there, wrong / patients});
  }
  return points;
}

std::string froc_csv(const std::vector<FrocPoint>& points) {
  std::string csv = csv_line({"least_score", "recall", "false_positives_per_patient"});
  for (const FrocPoint& point : points)
    csv += csv_line({fmt::format("{:.6g}", point.least_score),
                     fmt::format("{:.6g}", point.recall),
                     fmt::format("{:.6g}", point.false_positives)});
  return csv;
}

}  // namespace hepatica
