// Threads of the networks' libraries.
#pragma once

namespace hepatica {

/// Holds LibTorch, and OpenBLAS behind it, to thread_count(). Left alone, OpenBLAS takes all processors for each matrix
/// product, and its threads go on asking for work for a while after it. Cheap where nothing has changed.
void hold_networks_to_thread_count();

}  // namespace hepatica
