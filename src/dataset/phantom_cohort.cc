#include "dataset/phantom_cohort.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>

#include "base/progress.h"
#include "base/threads.h"
#include "io/dicom_ct_writer.h"
#include "io/volume_file.h"

namespace hepatica {
namespace {

using phantom::LesionType;

constexpr char kManifestHeader[] =
    "patient,phase,path,liver,lesions,diagnosis,benign_malignant,split,center,lesion_count,largest_mm,seed,"
    "age_years,sex\n";
constexpr char kLesionsHeader[] = "patient,id,type,x_mm,y_mm,z_mm,diameter_mm\n";

struct Tables {
  std::string manifest = kManifestHeader, lesions = kLesionsHeader;
  nlohmann::json patients = nlohmann::json::array();
};

/// A time of day `seconds` after 10:00:00, as HHMMSS.
std::string clock(double seconds) {
  const int total = 36000 + int(std::lround(seconds));
  return fmt::format("{:02}{:02}{:02}", total / 3600, total / 60 % 60, total % 60);
}

/// The date on which someone was born who is of this age on the phantoms' study date, as YYYYMMDD.
std::string birth_date(double age_years) {
  using namespace std::chrono;
  const sys_days study = sys_days(year{2024} / January / 1);
  const year_month_day born(study - days(std::lround(age_years * 365.25)));
  return fmt::format("{:04}{:02}{:02}", int(born.year()), unsigned(born.month()), unsigned(born.day()));
}

CtSeriesOptions dicom_options(const phantom::Patient& patient,
                              const std::string& name,
                              Phase phase,
                              size_t number,
                              const phantom::ScannerOptions& scanner,
                              double thickness) {
  CtSeriesOptions dicom;
  dicom.patient = {name, "Phantom^" + name, std::string(1, patient.sex()), "", patient.age_years()};
  dicom.study_seed = fmt::format("{}-{}", name, patient.seed());
  dicom.series_seed = std::string(name_of(phase));
  dicom.study_date = "20240101";
  if (patient.age_years() < 18) {
    dicom.patient.birth_date = birth_date(patient.age_years());
    dicom.kvp = patient.age_years() < 6 ? 80 : 100;  // as children are scanned; cohort_options scales contrast so
  }
  dicom.study_time = clock(-300);
  // The plain scan precedes the injection at 10:00:00 by two minutes.
  const bool plain = phase == Phase::noncontrast || phase == Phase::unknown;
  dicom.series_time = dicom.acquisition_time = clock(plain ? -120 : patient.delay_s(phase));
  dicom.study_description = "Abdomen multiphase";
  dicom.series_description = fmt::format("Abdomen {} {:.1f} mm", name_of(phase), thickness);
  dicom.image_comments = "Synthetic images (phantom); not of a person";
  dicom.contrast_agent = plain ? "" : "Iodinated contrast 350 mg/mL";
  dicom.contrast_start_time = plain ? "" : clock(0);
  dicom.convolution_kernel = scanner.kernel < 0.35 ? "SOFT" : scanner.kernel < 0.65 ? "STANDARD" : "SHARP";
  dicom.series_number = int(number) + 1;
  dicom.slice_thickness_mm = thickness;
  return dicom;
}

LesionType type_of(const CohortOptions& cohort, const std::string& name) {
  const std::vector<LesionType> types = phantom::cohort_types(cohort.cohort);
  const auto named = phantom::lesion_type_from_name(name);
  if (named && std::find(types.begin(), types.end(), *named) != types.end()) return *named;
  std::string known;
  for (const LesionType type : types) known += fmt::format("{}, ", phantom::name_of(type));
  throw Error(
      ErrorCode::usage,
      fmt::format(
          "patients of the cohort '{}' have no lesion type '{}'; choose {}or none", cohort.cohort, name, known));
}

/// Shares of all types of the cohort, in its order.
std::vector<double> shares_of(const CohortOptions& cohort, const std::vector<LesionType>& types) {
  double named = 0;
  for (const auto& [name, share] : cohort.shares) {
    type_of(cohort, name);
    named += share;
  }
  const size_t others = types.size() - cohort.shares.size();
  if (named > 1 + 1e-9 || (others == 0 && named < 1 - 1e-9))
    throw Error(ErrorCode::usage,
                fmt::format("the shares of lesion types add up to {:g}; they must add up to 1{}",
                            named,
                            others == 0 ? "" : " or, where types are left out, to less"));
  std::vector<double> shares;
  for (const LesionType type : types) {
    const auto share = cohort.shares.find(std::string(phantom::name_of(type)));
    shares.push_back(share == cohort.shares.end() ? (1 - named) / double(others) : share->second);
  }
  return shares;
}

/// A patient's place in the cohort.
struct Turn {
  std::optional<LesionType> type;  ///< nullopt: a healthy liver
  size_t nth = 0;                  ///< among the patients of its type, from 0
};

/// Types in turn, each as often as its share (smooth weighted round robin: the type that is most behind comes next).
std::vector<Turn> turns_of(const CohortOptions& cohort) {
  std::vector<LesionType> types = phantom::cohort_types(cohort.cohort);
  if (!cohort.type.empty() && cohort.type != "none") types = {type_of(cohort, cohort.type)};
  const std::vector<double> shares =
      cohort.type.empty() ? shares_of(cohort, types) : std::vector<double>(types.size(), 1.0 / double(types.size()));
  std::vector<double> behind(types.size(), 0.0);
  std::vector<size_t> had(types.size(), 0);
  std::vector<Turn> turns;
  for (size_t i = 0; i < cohort.patients; ++i) {
    if (cohort.type == "none") {
      turns.push_back({std::nullopt, i});
      continue;
    }
    for (size_t t = 0; t < types.size(); ++t) behind[t] += shares[t];
    // Equal shares keep their order in spite of rounding.
    size_t next = 0;
    for (size_t t = 1; t < types.size(); ++t)
      if (behind[t] > behind[next] + 1e-9) next = t;
    behind[next] -= 1;
    turns.push_back({types[next], had[next]++});
  }
  return turns;
}

phantom::PatientOptions options_of(const CohortOptions& cohort, const Turn& turn) {
  phantom::PatientOptions options = phantom::cohort_options(cohort.cohort);
  options.no_lesion_probability = turn.type ? 0 : 1;
  if (turn.type) {
    options.type_weights.assign(size_t(LesionType::count), 0.0);
    options.type_weights[size_t(*turn.type)] = 1;
  }
  // Steps of the golden ratio spread any number of patients evenly.
  const double place = std::fmod(0.5 + 0.6180339887 * double(turn.nth), 1.0);
  options.age_share = {std::max(0.0, place - 0.08), std::min(1.0, place + 0.08)};
  return options;
}

void write_patient(const fs::path& folder,
                   const CohortOptions& cohort,
                   size_t index,
                   const Turn& turn,
                   Tables& tables,
                   Progress& progress) {
  const phantom::Patient patient(phantom::patient_seed(cohort.cohort, cohort.seed, index), options_of(cohort, turn));
  const std::string name = fmt::format("{}_{:04}", cohort.cohort, index + 1);
  Rng rng = Rng(patient.seed()).fork(1000);
  phantom::ScannerOptions scanner = phantom::draw_scanner(rng, cohort.cohort);
  scanner.slice_thickness_mm = cohort.slice_thickness_mm;
  if (cohort.noise_hu >= 0) scanner.noise_hu = cohort.noise_hu;
  const Geometry grid = patient.scan_geometry(cohort.scan);
  const double thickness = cohort.slice_thickness_mm > 0 ? cohort.slice_thickness_mm : cohort.scan.slice_spacing_mm;
  double largest = 0;
  for (const phantom::LesionTruth& lesion : patient.lesions()) largest = std::max(largest, lesion.diameter_mm);
  const std::string diagnosis = patient.diagnosis();
  const std::string group = patient.lesions().empty()                          ? "none"
                            : phantom::is_malignant(patient.lesions()[0].type) ? "malignant"
                                                                               : "benign";

  const fs::path truth = fs::path("truth") / name;
  fs::create_directories(folder / name);
  fs::create_directories(folder / truth);
  for (size_t i = 0; i < cohort.phases.size(); ++i) {
    const Phase phase = cohort.phases[i];
    const std::string phase_name(name_of(phase));
    const phantom::Rendering rendering = patient.render(grid, phase, scanner, patient.seed() + uint64_t(phase));
    const fs::path nifti = fs::path(name) / (phase_name + ".nii.gz"), dicom = fs::path(name) / phase_name;
    if (cohort.nifti) write_volume(folder / nifti, rendering.hu);
    if (cohort.dicom)
      write_ct_series(folder / dicom, rendering.hu, dicom_options(patient, name, phase, i, scanner, thickness));
    const auto truth_file = [&](const char* what) { return truth / fmt::format("{}_{}.nii.gz", phase_name, what); };
    write_mask(folder / truth_file("organs"), rendering.organs);
    write_mask(folder / truth_file("liver"), phantom::liver_mask(rendering.organs));
    write_mask(folder / truth_file("lesions"), rendering.lesions);
    tables.manifest += fmt::format("{},{},{},{},{},{},{},{},{},{},{:.1f},{},{:.2f},{}\n",
                                   name,
                                   phase_name,
                                   (cohort.nifti ? nifti : dicom).string(),
                                   truth_file("liver").string(),
                                   truth_file("lesions").string(),
                                   diagnosis,
                                   group,
                                   phantom::is_training_cohort(cohort.cohort) ? "train" : "test",
                                   "phantom",
                                   patient.lesions().size(),
                                   largest,
                                   patient.seed(),
                                   patient.age_years(),
                                   patient.sex());
    progress.advance();
  }
  for (const phantom::LesionTruth& lesion : patient.lesions())
    tables.lesions += fmt::format("{},{},{},{:.2f},{:.2f},{:.2f},{:.2f}\n",
                                  name,
                                  lesion.id,
                                  phantom::name_of(lesion.type),
                                  lesion.center[0],
                                  lesion.center[1],
                                  lesion.center[2],
                                  lesion.diameter_mm);
  tables.patients.push_back({{"patient", name},
                             {"path", name},
                             {"diagnosis", diagnosis},
                             {"lesions", patient.lesions().size()},
                             {"largest_mm", largest},
                             {"seed", patient.seed()},
                             {"age_years", std::round(patient.age_years() * 100) / 100},
                             {"sex", std::string(1, patient.sex())}});
}

}  // namespace

nlohmann::json write_cohort(const fs::path& folder, const CohortOptions& options) {
  if (options.patients == 0 || options.phases.empty() || !(options.dicom || options.nifti))
    throw Error(ErrorCode::usage, "nothing to write: a cohort needs at least one patient, one phase and one format");
  const std::vector<Turn> turns = turns_of(options);
  OutputFolder output(folder);
  Tables tables;
  Progress progress("phantom", options.patients * options.phases.size());
  for (size_t i = 0; i < options.patients; ++i) {
    check_interrupted();
    write_patient(output.staging(), options, i, turns[i], tables, progress);
  }
  write_file(output.staging() / "manifest.csv", tables.manifest);
  write_file(output.staging() / "lesions.csv", tables.lesions);
  output.commit();
  return {{"manifest", (folder / "manifest.csv").string()}, {"patients", tables.patients}};
}

}  // namespace hepatica
