#include "train/patient_scores.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "base/error.h"
#include "stages/aggregate/aggregate.h"
#include "stages/classify/lilnet.h"
#include "train/classify_examples.h"

namespace hepatica::train {
namespace {

constexpr char kStageOne[] = "benign_malignant", kFlat[] = "types";

/// Probabilities of `classes`, which stand in another order in the scores.
std::vector<double> ordered(const PatientScores& scores,
                            const std::string& patient,
                            const std::vector<std::string>& classes) {
  const auto logits = scores.logits.find(patient);
  if (logits == scores.logits.end()) return {};
  const std::vector<double> probabilities = softmax(logits->second);
  std::vector<double> wanted;
  for (const std::string& name : classes) {
    const auto found = std::find(scores.classes.begin(), scores.classes.end(), name);
    if (found == scores.classes.end())
      throw Error(ErrorCode::bad_recipe,
                  fmt::format("the classifier does not know the class '{}' of the recipe", name));
    wanted.push_back(probabilities[size_t(found - scores.classes.begin())]);
  }
  return wanted;
}

/// Stage one and the types within each class from all types.
void split_types(const Hierarchy& hierarchy, PatientProbabilities& patient) {
  auto next = patient.types.begin();
  for (const auto& [name, types] : hierarchy.classes) {
    const auto end = next + std::ptrdiff_t(types.size());
    const double sum = std::max(1e-300, std::accumulate(next, end, 0.0));
    patient.first.push_back(sum);
    patient.within.emplace_back();
    for (; next != end; ++next) patient.within.back().push_back(*next / sum);
  }
}

void multiply_stages(PatientProbabilities& patient) {
  const auto missing = [](const std::vector<double>& values) { return values.empty(); };
  if (patient.first.empty() || std::any_of(patient.within.begin(), patient.within.end(), missing)) return;
  for (size_t c = 0; c < patient.first.size(); ++c)
    for (const double p : patient.within[c]) patient.types.push_back(patient.first[c] * p);
}

}  // namespace

PatientScores score_patients(const fs::path& checkpoint, const SliceSource& source, const std::vector<size_t>& items) {
  const ClassifyOptions options;
  const CropNetwork network(make_predictor(checkpoint, {}), checkpoint.string(), {}, options);
  const auto all = network.logits(items.size(), [&](size_t n) {
    const bool fused = network.input().fused();
    return network_input(fused ? source.phases(items[n]) : std::vector{source.get(items[n])}, network.input());
  });
  PatientScores scores{network.classes(), {}};
  std::map<std::string, double> counts;
  for (size_t n = 0; n < items.size(); ++n) {
    std::vector<double>& sum = scores.logits[source.group(items[n])];
    sum.resize(all[n].size());
    for (size_t c = 0; c < sum.size(); ++c) sum[c] += all[n][c];
    counts[source.group(items[n])] += 1;
  }
  for (auto& [patient, sum] : scores.logits)
    for (double& logit : sum) logit /= counts.at(patient);
  return scores;
}

std::vector<std::string> Hierarchy::types() const {
  std::vector<std::string> all;
  for (const auto& [name, types] : classes) all.insert(all.end(), types.begin(), types.end());
  return all;
}

size_t Hierarchy::class_of(const std::string& type) const {
  for (size_t c = 0; c < classes.size(); ++c) {
    const auto& types = classes[c].second;
    if (std::find(types.begin(), types.end(), type) != types.end()) return c;
  }
  throw Error(ErrorCode::bad_manifest, fmt::format("'{}' is none of the types of the recipe's classes", type));
}

std::map<std::string, PatientProbabilities> patient_probabilities(const Hierarchy& hierarchy,
                                                                  const std::map<std::string, PatientScores>& scores,
                                                                  const std::map<std::string, std::string>& truths) {
  std::vector<std::string> first;
  for (const auto& [name, types] : hierarchy.classes) first.push_back(name);
  const auto told = [&](const std::string& task, const std::string& patient, const std::vector<std::string>& classes) {
    const auto found = scores.find(task);
    return found == scores.end() ? std::vector<double>() : ordered(found->second, patient, classes);
  };
  std::map<std::string, PatientProbabilities> patients;
  for (const auto& [name, truth] : truths) {
    PatientProbabilities& patient = patients[name];
    patient.truth = truth;
    patient.types = told(kFlat, name, hierarchy.types());
    if (!patient.types.empty()) {
      split_types(hierarchy, patient);
      continue;
    }
    patient.first = told(kStageOne, name, first);
    for (const auto& [side, types] : hierarchy.classes) patient.within.push_back(told(side, name, types));
    multiply_stages(patient);
  }
  return patients;
}

}  // namespace hepatica::train
