#include "phantom/lesion_type.h"

#include <array>

namespace hepatica::phantom {
namespace {
constexpr std::array<std::string_view, 6> kNames{"hcc", "icc", "metastasis", "fnh", "hemangioma", "cyst"};
}  // namespace

std::string_view name_of(LesionType type) { return kNames[size_t(type)]; }

std::optional<LesionType> lesion_type_from_name(std::string_view name) {
  for (size_t i = 0; i < kNames.size(); ++i)
    if (kNames[i] == name) return LesionType(i);
  return std::nullopt;
}

bool is_malignant(LesionType type) { return type <= LesionType::metastasis; }

}  // namespace hepatica::phantom
