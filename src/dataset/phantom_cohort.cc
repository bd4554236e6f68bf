#include "dataset/phantom_cohort.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/progress.h"
#include "base/threads.h"
#include "io/dicom_ct_writer.h"
#include "io/volume_file.h"

namespace hepatica {
namespace {

constexpr char kManifestHeader[] =
    "patient,phase,path,liver,lesions,diagnosis,benign_malignant,split,center,lesion_count,largest_mm,seed\n";
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

CtSeriesOptions dicom_options(const phantom::Patient& patient,
                              const std::string& name,
                              Phase phase,
                              size_t number,
                              const phantom::ScannerOptions& scanner,
                              double thickness) {
  CtSeriesOptions dicom;
  dicom.patient = {name, "Phantom^" + name, patient.seed() % 2 ? "F" : "M", "", 35 + double(patient.seed() % 45)};
  dicom.study_seed = fmt::format("{}-{}", name, patient.seed());
  dicom.series_seed = std::string(name_of(phase));
  dicom.study_date = "20240101";
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

phantom::PatientOptions options_of(const CohortOptions& cohort, size_t index) {
  phantom::PatientOptions options = phantom::cohort_options(cohort.cohort);
  if (cohort.type == "none") {
    options.no_lesion_probability = 1;
    return options;
  }
  size_t type = index % options.type_weights.size();
  if (!cohort.type.empty()) {
    const auto named = phantom::lesion_type_from_name(cohort.type);
    if (!named)
      throw Error(ErrorCode::usage,
                  fmt::format("there is no lesion type '{}'; choose hcc, icc, metastasis, fnh, "
                              "hemangioma, cyst or none",
                              cohort.type));
    type = size_t(*named);
  }
  std::fill(options.type_weights.begin(), options.type_weights.end(), 0.0);
  options.type_weights[type] = 1;
  return options;
}

void write_patient(
    const fs::path& folder, const CohortOptions& cohort, size_t index, Tables& tables, Progress& progress) {
  const phantom::Patient patient(phantom::patient_seed(cohort.cohort, cohort.seed, index), options_of(cohort, index));
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
    tables.manifest += fmt::format("{},{},{},{},{},{},{},{},{},{},{:.1f},{}\n",
                                   name,
                                   phase_name,
                                   (cohort.nifti ? nifti : dicom).string(),
                                   truth_file("liver").string(),
                                   truth_file("lesions").string(),
                                   diagnosis,
                                   group,
                                   cohort.cohort == "training" ? "train" : "test",
                                   "phantom",
                                   patient.lesions().size(),
                                   largest,
                                   patient.seed());
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
                             {"seed", patient.seed()}});
}

}  // namespace

nlohmann::json write_cohort(const fs::path& folder, const CohortOptions& options) {
  if (options.patients == 0 || options.phases.empty() || !(options.dicom || options.nifti))
    throw Error(ErrorCode::usage, "nothing to write: a cohort needs at least one patient, one phase and one format");
  OutputFolder output(folder);
  Tables tables;
  Progress progress("phantom", options.patients * options.phases.size());
  for (size_t i = 0; i < options.patients; ++i) {
    check_interrupted();
    write_patient(output.staging(), options, i, tables, progress);
  }
  write_file(output.staging() / "manifest.csv", tables.manifest);
  write_file(output.staging() / "lesions.csv", tables.lesions);
  output.commit();
  return {{"manifest", (folder / "manifest.csv").string()}, {"patients", tables.patients}};
}

}  // namespace hepatica
