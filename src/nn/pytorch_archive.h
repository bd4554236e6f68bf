// The two containers of torch.save: a zip (PyTorch 1.6 and later) and a row of pickles (before).
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "nn/pickle.h"

namespace hepatica::nn {

/// What a file holds: one pickle, and the raw little-endian values that its storages name.
struct PytorchArchive {
  std::string format;  ///< "pytorch-zip" or "pytorch-legacy"
  std::unique_ptr<Pickle> pickle;
  std::map<std::string, std::string_view> storages;  ///< views into the file's bytes, by key
};

/// The persistent value ("storage", class, key, location, number of elements[, view]) by parts.
struct StorageName {
  std::string type;  ///< such as "torch.HalfStorage"
  std::string key;
  int64_t count = 0;                       ///< elements of the whole storage
  int64_t view_offset = 0, view_size = 0;  ///< the part that a view of PyTorch before 0.4 covers; size 0: the whole
};
/// Error{bad_format} naming `source` where it is not of that form.
StorageName storage_name(const PickleValue& persistent, const std::string& source);

/// Bytes of one element of a storage class. Error{unsupported} for classes that are not read.
size_t element_size(const std::string& storage_type, const std::string& source);

/// Both begin like this; others are no PyTorch file.
bool is_pytorch_zip(std::string_view bytes);
bool is_pytorch_legacy(std::string_view bytes);

/// Error{bad_format} naming `source` where damaged, Error{unsupported} for big-endian files.
PytorchArchive open_pytorch_archive(std::string_view bytes, const std::string& source);

}  // namespace hepatica::nn
