// The synthetic patients that slices and volumes are taken from.
#pragma once

#include <string>
#include <vector>

#include "base/options.h"
#include "phantom/patient.h"

namespace hepatica {

struct PhantomPatientOptions {
  std::string cohort = "training";  ///< of phantom::cohort_options; its name parts the patients from those of others
  int patients = 100;
  double no_lesion = 0;  ///< fraction of patients without lesions
  std::vector<std::string> types{
      "hcc", "icc", "metastasis", "fnh", "hemangioma", "cyst"};  ///< taken in turn by the patients
  /// One a type: how often it comes, relative to the others; empty: alike. Patients' types are then drawn, not in turn.
  std::vector<double> weights;
  std::vector<std::string> phases{"arterial", "portal_venous"};
  /// Smallest and largest number of lesions, and their diameters; empty: as the cohort has them. A liver takes in as
  /// many as find room. Not of children, whose lesions follow their type.
  std::vector<double> lesions, diameter_mm;
  /// Children's images state an adult's voxel size: for segmenters that look at small bodies enlarged (`fit_to_body`).
  bool as_adult = false;
};

/// Reads these keys. Error{bad_recipe} on unknown types and phases.
void read_phantom_patients(OptionReader& reader, PhantomPatientOptions& options);

/// Patients of a cohort by their number; a patient depends on the options, the seed and its number alone.
class PhantomPatients {
 public:
  PhantomPatients(const PhantomPatientOptions& options, uint64_t seed);

  const std::string& type_of(size_t patient) const { return options_.types[types_[patient]]; }
  phantom::Patient get(size_t patient) const;
  /// One of the options' phases.
  Phase draw_phase(Rng& rng) const;
  /// Each of the options' phases once, in their order.
  std::vector<Phase> distinct_phases() const;

 private:
  PhantomPatientOptions options_;
  uint64_t seed_;
  std::vector<size_t> types_;  ///< place in `options_.types`, by patient
};

}  // namespace hepatica
