#include "phantom/lesion_type.h"

#include <array>

namespace hepatica::phantom {
namespace {

struct Row {
  std::string_view name;
  bool malignant;
};
constexpr std::array<Row, size_t(LesionType::count)> kTypes{{{"hcc", true},
                                                             {"icc", true},
                                                             {"metastasis", true},
                                                             {"fnh", false},
                                                             {"hemangioma", false},
                                                             {"cyst", false},
                                                             {"infantile_hemangioma", false},
                                                             {"congenital_hemangioma", false},
                                                             {"mesenchymal_hamartoma", false},
                                                             {"hepatoblastoma", true},
                                                             {"uesl", true}}};

}  // namespace

std::string_view name_of(LesionType type) { return kTypes[size_t(type)].name; }

std::optional<LesionType> lesion_type_from_name(std::string_view name) {
  for (size_t i = 0; i < kTypes.size(); ++i)
    if (kTypes[i].name == name) return LesionType(i);
  return std::nullopt;
}

bool is_malignant(LesionType type) { return kTypes[size_t(type)].malignant; }

}  // namespace hepatica::phantom
