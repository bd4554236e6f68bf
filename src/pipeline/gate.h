// The gate that every stage passes: timed, interruptible, and its result checked.
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/threads.h"
#include "study/findings.h"

namespace hepatica {

/// Wall times by stage, in the order they ran.
using Timings = std::vector<std::pair<std::string, double>>;

/// Runs `work`, then `verify(result)`, and adds the time. Errors get the stage's name put before their text.
template <class Work, class Verify>
auto run_stage(const std::string& name, Timings& timings, const Work& work, const Verify& verify) {
  check_interrupted();
  const auto start = std::chrono::steady_clock::now();
  try {
    auto result = work();
    verify(result);
    timings.emplace_back(name, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    return result;
  } catch (const Error& error) {
    throw error.with_context(name);
  }
}

/// Error{internal} where the liver is on another grid than its image, or holds labels but 0 and 1.
void verify_livers(const PreprocessedStudy& study);

/// Error{internal} where a box is empty, leaves its slice, or has a score outside 0..1.
void verify_detections(const PreprocessedStudy& study, const std::vector<Detection>& detections);

/// Error{internal} where probabilities are not finite or do not sum to 1.
void verify_probabilities(const HierarchyPrediction& prediction);

}  // namespace hepatica
