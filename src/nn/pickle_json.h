// What a pickle says beside its tensors, as JSON.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "nn/pickle.h"

namespace hepatica::nn {

/// A Python or numpy number (numpy.core.multiarray.scalar of a float or an integer type); nullopt for other values.
std::optional<nlohmann::json> number_of(const PickleValue& value);

/// The text with what is not UTF-8 replaced, so that JSON can hold it.
std::string valid_utf8(const std::string& text);

/// Numbers, texts, lists and dictionaries; paths as text, other objects as "<their class>". What lies deeper than six
/// levels, beyond some thousand values, or in texts beyond a thousand letters is left out as "...".
nlohmann::json json_of(const PickleValue& value);

}  // namespace hepatica::nn
