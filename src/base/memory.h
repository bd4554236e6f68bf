// The process's memory.
#pragma once

namespace hepatica {

/// From now on the process keeps memory that it frees, for its own next use. The tensors of a training step are as
/// large as the last step's; by default glibc gives large ones back to the system and has every page brought in anew,
/// which took a fifth of a small network's step. Does nothing with other C libraries.
void keep_freed_memory();

}  // namespace hepatica
