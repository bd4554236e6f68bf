#include <fmt/format.h>

#include <cstdlib>
#include <map>
#include <memory>

#include "cmd/command.h"
#include "dataset/phantom_cohort.h"

namespace hepatica::cmd {
namespace {

struct Arguments {
  std::string out, range = "liver";
  std::vector<std::string> formats{"nifti"}, phases{"noncontrast", "arterial", "portal_venous"}, shares;
  CohortOptions cohort;
};

Phase phase_of(const std::string& name) {
  const auto phase = phase_from_name(name);
  if (!phase)
    throw Error(ErrorCode::usage,
                fmt::format("--phases: '{}' is no phase; use noncontrast, arterial, portal_venous or delayed", name));
  return *phase;
}

std::map<std::string, double> shares_of(const std::vector<std::string>& texts) {
  std::map<std::string, double> shares;
  for (const std::string& text : texts) {
    const size_t equals = text.find('=');
    const std::string number = equals == std::string::npos ? "" : text.substr(equals + 1);
    char* end = nullptr;
    const double share = std::strtod(number.c_str(), &end);
    if (number.empty() || *end != '\0' || !(share >= 0 && share <= 1))
      throw Error(
          ErrorCode::usage,
          fmt::format("--shares: '{}' is no share; write a type and a number from 0 to 1, such as uesl=0.02", text));
    shares[text.substr(0, equals)] = share;
  }
  return shares;
}

int run(const Arguments& arguments, const Common& common) {
  CohortOptions cohort = arguments.cohort;
  cohort.seed = common.seed;
  cohort.dicom = cohort.nifti = false;
  for (const std::string& format : arguments.formats) (format == "dicom" ? cohort.dicom : cohort.nifti) = true;
  cohort.shares = shares_of(arguments.shares);
  cohort.phases.clear();
  for (const std::string& name : arguments.phases) cohort.phases.push_back(phase_of(name));
  using phantom::ScanRange;
  const std::map<std::string, ScanRange> ranges{{"liver", ScanRange::liver},
                                                {"abdomen", ScanRange::abdomen},
                                                {"thorax", ScanRange::thorax_abdomen},
                                                {"pelvis", ScanRange::abdomen_pelvis}};
  cohort.scan.range = ranges.at(arguments.range);
  const nlohmann::json summary = write_cohort(arguments.out, cohort);
  if (common.json) {
    print_json(summary);
    return 0;
  }
  std::vector<std::vector<std::string>> rows{{"patient", "age", "sex", "diagnosis", "lesions", "largest mm"}};
  for (const auto& patient : summary.at("patients"))
    rows.push_back({patient.at("patient"),
                    fmt::format("{:.1f}", patient.at("age_years").get<double>()),
                    patient.at("sex"),
                    patient.at("diagnosis"),
                    fmt::format("{}", patient.at("lesions").get<int>()),
                    fmt::format("{:.0f}", patient.at("largest_mm").get<double>())});
  print_table(rows);
  return 0;
}

std::function<int(const Common&)> declare(CLI::App& app) {
  auto arguments = std::make_shared<Arguments>();
  CohortOptions& cohort = arguments->cohort;
  app.add_option("--out", arguments->out, "folder to write into")->required();
  app.add_option("--patients", cohort.patients, "number of patients")->check(CLI::Range(1, 1000000));
  app.add_option("--cohort",
                 cohort.cohort,
                 "what patients are like: default, training (wide variety), test; of children: pediatric, "
                 "pediatric_training, pediatric_test; the name enters the seeds")
      ->capture_default_str();
  app.add_option("--format", arguments->formats, "dicom, nifti")
      ->delimiter(',')
      ->check(CLI::IsMember({"dicom", "nifti"}))
      ->capture_default_str();
  app.add_option("--phases", arguments->phases, "phases to write")->delimiter(',')->capture_default_str();
  app.add_option("--type", cohort.type, "lesion type of every patient, or none; types take turns without it");
  app.add_option("--shares", arguments->shares, "shares of lesion types, such as uesl=0.02; the others share the rest")
      ->delimiter(',');
  app.add_option("--range", arguments->range, "how far the scan goes")
      ->check(CLI::IsMember({"liver", "abdomen", "thorax", "pelvis"}))
      ->capture_default_str();
  app.add_option("--matrix", cohort.scan.matrix, "columns and rows")
      ->check(CLI::Range(16, 2048))
      ->capture_default_str();
  app.add_option("--field-of-view", cohort.scan.field_of_view_mm, "mm; 0 fits the body")
      ->check(CLI::Range(0.0, 1000.0));
  app.add_option("--slice-spacing", cohort.scan.slice_spacing_mm, "mm between slices")
      ->check(CLI::Range(0.2, 50.0))
      ->capture_default_str();
  app.add_option("--slice-thickness", cohort.slice_thickness_mm, "mm; 0 takes the spacing")
      ->check(CLI::Range(0.0, 50.0));
  app.add_option("--noise", cohort.noise_hu, "standard deviation in HU; drawn per patient without it")
      ->check(CLI::Range(0.0, 200.0));
  return [arguments](const Common& common) { return run(*arguments, common); };
}

}  // namespace

Command declare_phantom() {
  return {"phantom",
          "Synthetic patients with focal liver lesions, and their truth",
          "hepatica phantom --out /tmp/cohort --patients 6 --cohort test --format dicom,nifti",
          declare};
}

}  // namespace hepatica::cmd
