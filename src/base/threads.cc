#include "base/threads.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "base/error.h"

namespace hepatica {
namespace {

std::atomic<int> g_threads{0};
std::atomic<bool> g_interrupted{false};

}  // namespace

void set_thread_count(int count) { g_threads = std::max(0, count); }

int thread_count() {
  const int count = g_threads;
  return count > 0 ? count : std::max(1, int(std::thread::hardware_concurrency()));
}

void parallel_for(size_t count, const std::function<void(size_t)>& body) {
  const size_t workers = std::min(count, size_t(thread_count()));
  std::atomic<size_t> next{0};
  std::exception_ptr failure;
  std::mutex failure_mutex;
  const auto work = [&] {
    for (size_t i = next++; i < count; i = next++) {
      try {
        body(i);
      } catch (...) {
        const std::lock_guard lock(failure_mutex);
        if (!failure) failure = std::current_exception();
        next = count;
      }
    }
  };
  if (workers <= 1) {
    work();
  } else {
    std::vector<std::jthread> pool;
    for (size_t t = 0; t < workers; ++t) pool.emplace_back(work);
  }
  if (failure) std::rethrow_exception(failure);
}

void request_interrupt() { g_interrupted = true; }

void check_interrupted() {
  if (g_interrupted) throw Error(ErrorCode::interrupted, "stopped on request; no output was left half-written");
}

}  // namespace hepatica
