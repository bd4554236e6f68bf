#include <algorithm>

#include "phantom/patient.h"

namespace hepatica::phantom {

PatientOptions cohort_options(std::string_view cohort) {
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
  const bool wide = cohort == "training";
  ScannerOptions scanner;
  scanner.noise_hu = rng.log_uniform(wide ? 3 : 7, wide ? 35 : 20);
  scanner.kernel = rng.uniform(wide ? 0.0 : 0.2, wide ? 1.0 : 0.7);
  scanner.streaks = rng.uniform(0, wide ? 1.0 : 0.4);
  scanner.table = rng.chance(0.9);
  if (wide && rng.chance(0.25)) scanner.field_of_view_mm = rng.uniform(300, 450);
  return scanner;
}

}  // namespace hepatica::phantom
