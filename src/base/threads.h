// Threads of the whole program.
#pragma once

#include <cstddef>
#include <functional>

namespace hepatica {

/// Number of threads that parallel work may use; 0 at start means all processors. At least 1.
void set_thread_count(int count);
int thread_count();

/// Calls body(i) for each i in [0, count) on up to thread_count() threads; returns when all are done. The first
/// exception is rethrown here after the others have stopped. Which thread runs which item is not fixed, so results
/// must depend on i alone.
void parallel_for(size_t count, const std::function<void(size_t)>& body);

/// Asks long work to stop; `check_interrupted` then throws Error{interrupted}. Safe in a signal handler.
void request_interrupt();
void check_interrupted();

}  // namespace hepatica
