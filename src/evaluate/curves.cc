#include <fmt/format.h>

#include <cmath>

#include "evaluate/evaluation.h"
#include "stats/roc.h"

namespace hepatica {

std::string roc_csv(const PredictionTable& table) {
  const stats::Predictions& p = table.predictions;
  std::string csv = csv_line({"class", "threshold", "sensitivity", "specificity"});
  const size_t k = p.classes.size();
  for (size_t c = 0; c < k && !p.probability.empty(); ++c) {
    std::vector<double> scores;
    std::vector<uint8_t> is;
    size_t positives = 0;
    for (size_t i = 0; i < p.size(); ++i) {
      scores.push_back(p.probability[i * k + c]);
      is.push_back(p.truth[i] == int(c));
      positives += is.back();
    }
    if (positives == 0 || positives == p.size()) continue;
    for (const stats::RocPoint& point : stats::roc_curve(scores, is))
      csv += csv_line({p.classes[c],
                       std::isinf(point.threshold) ? "inf" : fmt::format("{:.9g}", point.threshold),
                       fmt::format("{:.9g}", point.sensitivity),
                       fmt::format("{:.9g}", point.specificity)});
  }
  return csv;
}

}  // namespace hepatica
