#include "dataset/phantom_patients.h"

#include <algorithm>

#include "base/error.h"

namespace hepatica {
namespace {

using phantom::LesionType;

std::vector<size_t> types_of_patients(const PhantomPatientOptions& o, uint64_t seed) {
  std::vector<size_t> types;
  const Rng root = Rng(seed).fork(0);
  for (size_t patient = 0; patient < size_t(o.patients); ++patient)
    types.push_back(o.weights.empty() ? patient % o.types.size() : root.fork(patient).weighted(o.weights));
  return types;
}

/// Two ascending values, or none where the key is absent.
std::vector<double> range(OptionReader& reader, const std::string& key, double low, double high) {
  const std::vector<double> values = reader.numbers(key, {}, low, high);
  if (!values.empty() && (values.size() != 2 || values[0] > values[1]))
    throw Error(ErrorCode::bad_recipe, "phantoms: '" + key + "' needs two values: the smallest and the largest");
  return values;
}

Phase phase_of(const std::string& name) { return phase_from_name(name).value_or(Phase::portal_venous); }

}  // namespace

PhantomPatients::PhantomPatients(const PhantomPatientOptions& options, uint64_t seed)
    : options_(options), seed_(seed), types_(types_of_patients(options, seed)) {}

phantom::Patient PhantomPatients::get(size_t patient) const {
  phantom::PatientOptions options = phantom::cohort_options(options_.cohort);
  options.type_weights.assign(size_t(LesionType::count), 0.0);
  options.type_weights[size_t(*phantom::lesion_type_from_name(type_of(patient)))] = 1;
  options.no_lesion_probability = options_.no_lesion;
  if (!options_.lesions.empty())
    options.lesion_count = options.metastasis_count = {options_.lesions[0], options_.lesions[1]};
  if (!options_.diameter_mm.empty()) options.lesion_diameter_mm = {options_.diameter_mm[0], options_.diameter_mm[1]};
  return phantom::Patient(phantom::patient_seed(options_.cohort, seed_, patient), options);
}

Phase PhantomPatients::draw_phase(Rng& rng) const {
  return phase_of(options_.phases[size_t(rng.integer(0, int64_t(options_.phases.size()) - 1))]);
}

std::vector<Phase> PhantomPatients::distinct_phases() const {
  std::vector<Phase> phases;
  for (const std::string& name : options_.phases)
    if (std::find(phases.begin(), phases.end(), phase_of(name)) == phases.end()) phases.push_back(phase_of(name));
  return phases;
}

void read_phantom_patients(OptionReader& reader, PhantomPatientOptions& o) {
  o.cohort = reader.text("cohort", o.cohort);
  o.patients = int(reader.integer("patients", o.patients, 2, 1000000));
  o.no_lesion = reader.number("no_lesion", o.no_lesion, 0, 1);
  o.types = reader.texts("types", o.types);
  o.weights = reader.numbers("weights", o.weights, 0, 1e6);
  o.phases = reader.texts("phases", o.phases);
  o.as_adult = reader.boolean("as_adult", o.as_adult);
  o.lesions = range(reader, "lesions", 1, 30);
  o.diameter_mm = range(reader, "diameter_mm", 2, 200);
  for (const std::string& type : o.types) {
    if (!phantom::lesion_type_from_name(type))
      throw Error(ErrorCode::bad_recipe, "phantoms: unknown lesion type '" + type + "'");
  }
  const auto above_0 = [](double weight) { return weight > 0; };
  if (!o.weights.empty() &&
      (o.weights.size() != o.types.size() || std::none_of(o.weights.begin(), o.weights.end(), above_0)))
    throw Error(ErrorCode::bad_recipe, "phantoms: 'weights' needs one value for each of 'types', one or more above 0");
  for (const std::string& phase : o.phases) {
    if (!phase_from_name(phase)) throw Error(ErrorCode::bad_recipe, "phantoms: unknown phase '" + phase + "'");
  }
  if (o.types.empty() || o.phases.empty())
    throw Error(ErrorCode::bad_recipe, "phantoms: 'types' and 'phases' need at least one entry each");
}

}  // namespace hepatica
