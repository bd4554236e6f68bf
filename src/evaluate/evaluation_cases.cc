#include "evaluate/evaluation_cases.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.h"

namespace hepatica {

int positive_class(const std::vector<std::string>& classes, const std::string& wanted, const std::string& file) {
  const auto number_of = [&](const std::string& name) {
    const auto found = std::find(classes.begin(), classes.end(), name);
    return found == classes.end() ? -1 : int(found - classes.begin());
  };
  if (!wanted.empty()) {
    if (const int number = number_of(wanted); number >= 0) return number;
    throw Error(ErrorCode::bad_manifest,
                fmt::format("{}: the positive class '{}' is none of {}", file, wanted, fmt::join(classes, ", ")));
  }
  for (const char* usual : {"malignant", "positive", "1"})
    if (const int number = number_of(usual); number >= 0) return number;
  return int(classes.size()) - 1;
}

stats::Sampling class_sampling(const stats::Predictions& p, const std::vector<std::string>& cluster_names) {
  std::vector<std::string> classes;
  for (const int truth : p.truth) classes.push_back(p.classes[size_t(truth)]);
  return stats::sampling_from_names(cluster_names, classes);
}

stats::Predictions subset(const stats::Predictions& all, const std::vector<size_t>& cases) {
  stats::Predictions part;
  part.classes = all.classes;
  const size_t k = all.classes.size();
  for (const size_t i : cases) {
    part.truth.push_back(all.truth[i]);
    part.predicted.push_back(all.predicted[i]);
    if (!all.probability.empty())
      part.probability.insert(
          part.probability.end(), all.probability.begin() + long(i * k), all.probability.begin() + long((i + 1) * k));
  }
  return part;
}

}  // namespace hepatica
