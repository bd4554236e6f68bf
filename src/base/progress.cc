#include "base/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <mutex>

namespace hepatica {
namespace {

constexpr double kWorthALine_s = 2;  // in a log; shorter work is done before it is read

ProgressSink& global_sink() {
  static ProgressSink sink;
  return sink;
}

std::string duration_text(double seconds) {
  const int s = int(seconds + 0.5);
  return s >= 3600 ? fmt::format("{}h{:02}m", s / 3600, s / 60 % 60) : fmt::format("{}m{:02}s", s / 60, s % 60);
}

std::string line(const ProgressState& state) {
  const int percent = state.total == 0 ? 100 : int(100 * state.done / state.total);
  return fmt::format("{}: {}/{} ({}%), {} elapsed, {} left",
                     state.what,
                     state.done,
                     state.total,
                     percent,
                     duration_text(state.elapsed_s),
                     duration_text(state.remaining_s));
}

void draw_bar(const ProgressState& state) {
  const bool last = state.done >= state.total;
  std::fputs(fmt::format("\r\033[K{}{}", line(state), last ? "\n" : "").c_str(), stderr);
}

}  // namespace

void set_progress_sink(ProgressSink sink) { global_sink() = std::move(sink); }

ProgressSink standard_error_progress() {
  if (isatty(STDERR_FILENO)) return draw_bar;
  return [](const ProgressState& state) {
    if (state.elapsed_s >= kWorthALine_s) std::fputs((line(state) + "\n").c_str(), stderr);
  };
}

struct Progress::Impl {
  Impl() : nested(live()++ > 0) {}
  ~Impl() { --live(); }

  /// Pieces of work that are going on.
  static std::atomic<int>& live() {
    static std::atomic<int> count{0};
    return count;
  }

  const bool nested;
  std::mutex mutex;
  ProgressState state;
  std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
  size_t last_tenth = 0;

  void report() {
    if (nested || !global_sink()) return;
    const bool terminal = isatty(STDERR_FILENO);
    const size_t tenth = state.total == 0 ? 10 : 10 * state.done / state.total;
    if (!terminal && tenth == last_tenth) return;
    last_tenth = tenth;
    state.elapsed_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    state.remaining_s = state.done == 0 ? 0 : state.elapsed_s * double(state.total - state.done) / double(state.done);
    global_sink()(state);
  }
};

Progress::Progress(std::string what, size_t total) : impl_(std::make_unique<Impl>()) {
  impl_->state.what = std::move(what);
  impl_->state.total = total;
}

Progress::~Progress() = default;

void Progress::advance(size_t steps) {
  const std::lock_guard lock(impl_->mutex);
  impl_->state.done += steps;
  impl_->report();
}

}  // namespace hepatica
