#include <algorithm>

#include "phantom/growth.h"
#include "phantom/patient.h"

namespace hepatica::phantom {
namespace {

PatientOptions pediatric_options(bool training) {
  PatientOptions options;
  options.children = true;
  options.type_weights.assign(size_t(LesionType::count), 0.0);
  for (const ChildhoodLesion& lesion : childhood_lesions()) options.type_weights[size_t(lesion.type)] = 1;
  options.any_age_probability = training ? 0.3 : 0;
  options.lesion_contrast = training ? Range{0.5, 1.4} : Range{0.8, 1.2};
  options.scale = training ? Range{0.88, 1.12} : Range{0.94, 1.06};
  options.habitus = training ? Range{0, 0.8} : Range{0, 0.5};
  options.anatomy_variation = training ? 1.4 : 1;
  options.cirrhosis_probability = 0;
  options.steatosis_probability = training ? 0.12 : 0.05;
  // 2 ml/kg of 300 mg/ml are a fifth more than an adult's usual dose, and 80 to 100 kV brighten iodine (Nievelstein RAJ
  // et al. Pediatr Radiol 2010;40:1324-1344).
  options.contrast_dose = training ? Range{0.7, 1.5} : Range{0.95, 1.3};
  if (training) {
    options.arterial_delay_s = {24, 42};
    options.portal_delay_s = {54, 95};
    options.delayed_delay_s = {130, 300};
  }
  options.breathing_mm = training ? 6 : 4;
  options.ascites_probability = training ? 0.12 : 0.04;
  options.effusion_probability = training ? 0.12 : 0.04;
  options.mass_probability = training ? 0.15 : 0.05;
  options.arms_down_probability = training ? 0.15 : 0.06;
  options.metal_probability = training ? 0.03 : 0;
  options.oral_contrast_probability = training ? 0.3 : 0.2;
  return options;
}

}  // namespace

bool is_pediatric(std::string_view cohort) { return cohort.starts_with("pediatric"); }

bool is_training_cohort(std::string_view cohort) { return cohort == "training" || cohort == "pediatric_training"; }

std::vector<LesionType> cohort_types(std::string_view cohort) {
  std::vector<LesionType> types;
  if (is_pediatric(cohort)) {
    for (const ChildhoodLesion& lesion : childhood_lesions()) types.push_back(lesion.type);
    return types;
  }
  const std::vector<double> weights = cohort_options(cohort).type_weights;
  for (size_t t = 0; t < weights.size(); ++t)
    if (weights[t] > 0) types.push_back(LesionType(t));
  return types;
}

PatientOptions cohort_options(std::string_view cohort) {
  if (is_pediatric(cohort)) return pediatric_options(is_training_cohort(cohort));
  PatientOptions options;
  if (cohort != "training") return options;
  options.lesion_count = {1, 4};
  options.metastasis_count = {1, 8};
  options.lesion_diameter_mm = {5, 80};
  options.lesion_contrast = {0.45, 1.4};
  options.scale = {0.85, 1.15};
  options.habitus = {0, 1};
  options.anatomy_variation = 1.4;
  options.cirrhosis_probability = 0.3;
  options.steatosis_probability = 0.35;
  options.contrast_dose = {0.6, 1.4};
  options.arterial_delay_s = {24, 42};
  options.portal_delay_s = {52, 95};
  options.delayed_delay_s = {130, 300};
  options.breathing_mm = 6;
  options.ascites_probability = 0.12;
  options.effusion_probability = 0.12;
  options.mass_probability = 0.15;
  options.arms_down_probability = 0.12;
  options.metal_probability = 0.05;
  options.oral_contrast_probability = 0.3;
  return options;
}

uint64_t patient_seed(std::string_view cohort, uint64_t seed, uint64_t index) {
  uint64_t hash = 0xcbf29ce484222325ULL;  // FNV-1a
  for (const char c : cohort) hash = (hash ^ uint8_t(c)) * 0x100000001b3ULL;
  return Rng(hash ^ (seed * 0x9e3779b97f4a7c15ULL)).fork(index).next();
}

ScannerOptions draw_scanner(Rng& rng, std::string_view cohort) {
  const bool wide = is_training_cohort(cohort);
  ScannerOptions scanner;
  // Children's slices are thinner: 2 to 3 mm where an adult's are 5, hence the larger values (our reading).
  if (is_pediatric(cohort))
    scanner.noise_hu = rng.log_uniform(wide ? 6 : 12, wide ? 45 : 28);
  else
    scanner.noise_hu = rng.log_uniform(wide ? 3 : 7, wide ? 35 : 20);
  scanner.kernel = rng.uniform(wide ? 0.0 : 0.2, wide ? 1.0 : 0.7);
  scanner.streaks = rng.uniform(0, wide ? 1.0 : 0.4);
  scanner.table = rng.chance(0.9);
  if (wide && rng.chance(0.25)) scanner.field_of_view_mm = rng.uniform(300, 450);
  return scanner;
}

}  // namespace hepatica::phantom
