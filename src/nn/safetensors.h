// The safetensors format: 8 bytes of header length (little endian), a JSON header, raw little-endian values
// (https://github.com/huggingface/safetensors, "Format").
#pragma once

#include <string>
#include <string_view>

#include "nn/checkpoint.h"

namespace hepatica::nn {

/// Tensors and metadata of a file's bytes. The header's `__metadata__` entry "hepatica" is taken as JSON into
/// `metadata`; those of other writers are ignored. Error{bad_format} naming `source` for every departure from the
/// format: length, offsets, overlaps and holes, types, shapes.
Checkpoint parse_safetensors(std::string_view bytes, const std::string& source);

/// Bytes of a file; floating tensors as f16 where `half`.
std::string format_safetensors(const Checkpoint& checkpoint, bool half);

}  // namespace hepatica::nn
