// Files that PyTorch's torch.save writes, read as data.
#pragma once

#include <string>
#include <string_view>

#include "nn/checkpoint.h"

namespace hepatica::nn {

/// The tensors of a file: of the state dictionary under "state_dict" (or "model_state_dict", "network_weights", "ema",
/// "model"), or of the model object under "ema" or "model" or at the root (its modules, parameters and buffers are
/// walked, whatever classes they are), or the dictionary itself. Nothing is executed: classes and functions stay names,
/// apart from those that rebuild tensors. What else the file says (epoch, auc, acc, class names, version, ...) becomes
/// `found`. Tensors that the file stores once and names twice share their values.
/// Error{bad_format} where damaged, Error{unsupported} where no tensors are found in any of these places.
Checkpoint parse_pytorch(std::string_view bytes, const std::string& source);

}  // namespace hepatica::nn
