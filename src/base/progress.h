// Progress of long work, reported through a sink that the command line sets; silent by default.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace hepatica {

struct ProgressState {
  std::string what;
  size_t done = 0;
  size_t total = 0;
  double elapsed_s = 0;
  double remaining_s = 0;  ///< estimated from the mean pace so far; 0 before the first step
};

using ProgressSink = std::function<void(const ProgressState&)>;

/// Sets where progress goes; an empty function silences it. Not for use while work runs.
void set_progress_sink(ProgressSink sink);

/// The sink of a program: a redrawn bar with time left on a terminal, a line each ten percent elsewhere, once
/// the work has taken two seconds.
ProgressSink standard_error_progress();

/// Counts the steps of one piece of work. Safe to call from several threads. Work within other work is not reported.
class Progress {
 public:
  Progress(std::string what, size_t total);
  ~Progress();
  void advance(size_t steps = 1);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hepatica
