// Files that PyTorch's torch.save writes (1.6 and later: a zip of one pickle and the tensors' values).
#pragma once

#include <string>
#include <string_view>

#include "nn/checkpoint.h"

namespace hepatica::nn {

/// The tensors of a file: of its "state_dict" entry, or of the model object under "ema" or "model" (its modules,
/// parameters and buffers are walked, whatever classes they are), or the dictionary itself. Nothing is executed.
/// Error{bad_format} where damaged, Error{unsupported} where no tensors are found in any of these places.
Checkpoint parse_pytorch(std::string_view bytes, const std::string& source);

}  // namespace hepatica::nn
