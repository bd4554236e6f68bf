// The six types of focal liver lesion.
#pragma once

#include <optional>
#include <string_view>

namespace hepatica::phantom {

/// In the order of `PatientOptions::type_weights`.
enum class LesionType { hcc, icc, metastasis, fnh, hemangioma, cyst };

/// "hcc", "icc", "metastasis", "fnh", "hemangioma", "cyst".
std::string_view name_of(LesionType type);
std::optional<LesionType> lesion_type_from_name(std::string_view name);
/// hcc, icc and metastasis.
bool is_malignant(LesionType type);

}  // namespace hepatica::phantom
