// The types of focal liver lesion.
#pragma once

#include <optional>
#include <string_view>

namespace hepatica::phantom {

/// In the order of `PatientOptions::type_weights`: first those of adults, then those of children alone. `uesl` is the
/// undifferentiated embryonal sarcoma of the liver.
enum class LesionType {
  hcc,
  icc,
  metastasis,
  fnh,
  hemangioma,
  cyst,
  infantile_hemangioma,
  congenital_hemangioma,
  mesenchymal_hamartoma,
  hepatoblastoma,
  uesl,
  count
};

/// Whose lesions they are: metastases are of carcinomas in adults, of neuroblastoma in children.
enum class Population { adult, child };

/// "hcc", "infantile_hemangioma", ...
std::string_view name_of(LesionType type);
std::optional<LesionType> lesion_type_from_name(std::string_view name);
bool is_malignant(LesionType type);

}  // namespace hepatica::phantom
