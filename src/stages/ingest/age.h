// The patient's age from DICOM attributes, and what it means for the timing of contrast.
#pragma once

#include <map>
#include <optional>
#include <string>

namespace hepatica {

/// Years by PatientAge ("057Y", "004M", "012W", "030D"), else from the dates of birth and study; a birth date equal to
/// the study's is a placeholder.
std::optional<double> age_from_tags(const std::map<std::string, std::string>& tags);

/// How much faster contrast goes through a child than through an adult: 1.5 times in the newborn, 1 from 16 years (our
/// reading: cardiac output per weight is higher and paths are shorter; Bae, Radiology 2010;256:32-61).
double circulation_tempo(std::optional<double> age_years);

}  // namespace hepatica
