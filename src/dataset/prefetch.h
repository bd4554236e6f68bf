// Items made ahead of their use by threads of their own, handed out in order.
#pragma once

#include <condition_variable>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

namespace hepatica {

/// Calls make(i) for i = 0, 1, ... count-1 on `threads` threads, at most `ahead` items before they are taken, and gives
/// them out in order: what comes out does not depend on the number of threads as long as make(i) depends on i alone.
/// What make throws is thrown by `next` at that item.
template <class T>
class Prefetcher {
 public:
  Prefetcher(size_t count, size_t threads, size_t ahead, std::function<T(size_t)> make)
      : count_(count), ahead_(ahead), make_(std::move(make)) {
    for (size_t t = 0; t < threads; ++t) threads_.emplace_back([this] { work(); });
  }
  ~Prefetcher() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }
  Prefetcher(const Prefetcher&) = delete;
  Prefetcher& operator=(const Prefetcher&) = delete;

  bool done() const { return taken_ == count_; }

  T next() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return ready_.count(taken_) > 0; });
    Item item = std::move(ready_.at(taken_));
    ready_.erase(taken_);
    ++taken_;
    lock.unlock();
    changed_.notify_all();
    if (item.error) std::rethrow_exception(item.error);
    return std::move(*item.value);
  }

 private:
  struct Item {
    std::unique_ptr<T> value;
    std::exception_ptr error;
  };

  void work() {
    for (;;) {
      size_t mine;
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return stop_ || started_ == count_ || started_ < taken_ + ahead_; });
        if (stop_ || started_ == count_) return;
        mine = started_++;
      }
      Item item;
      try {
        item.value = std::make_unique<T>(make_(mine));
      } catch (...) {
        item.error = std::current_exception();
      }
      {
        const std::lock_guard lock(mutex_);
        ready_[mine] = std::move(item);
      }
      changed_.notify_all();
    }
  }

  const size_t count_, ahead_;
  const std::function<T(size_t)> make_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<size_t, Item> ready_;
  size_t started_ = 0, taken_ = 0;
  bool stop_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace hepatica
