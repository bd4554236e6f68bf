#include "stages/report/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>

namespace hepatica::report {
namespace {

struct ClassName {
  const char* column_name;
  const char* short_name;
  const char* long_name;
};

const std::map<std::string, ClassName, std::less<>>& class_names() {
  static const std::map<std::string, ClassName, std::less<>> kNames{
      {"hcc", {"HCC", "HCC", "Hepatocellular carcinoma"}},
      {"icc", {"ICC", "ICC", "Intrahepatic cholangiocarcinoma"}},
      {"metastasis", {"Met.", "Metastasis", "Metastasis"}},
      {"fnh", {"FNH", "FNH", "Focal nodular hyperplasia"}},
      {"hemangioma", {"Hem.", "Hemangioma", "Hemangioma"}},
      {"cyst", {"Cyst", "Cyst", "Cyst"}},
      {"infantile_hemangioma", {"Inf. hem.", "Infantile hemangioma", "Infantile hepatic hemangioma"}},
      {"congenital_hemangioma", {"Cong. hem.", "Congenital hemangioma", "Congenital hepatic hemangioma"}},
      {"mesenchymal_hamartoma", {"Mes. ham.", "Mesenchymal hamartoma", "Mesenchymal hamartoma"}},
      {"hepatoblastoma", {"HB", "Hepatoblastoma", "Hepatoblastoma"}},
      {"uesl", {"UESL", "UESL", "Undifferentiated embryonal sarcoma of the liver"}},
  };
  return kNames;
}

bool is_dicom_date(const std::string& text) {
  return text.size() == 8 &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
}

}  // namespace

std::string percent(double probability) {
  if (!std::isfinite(probability)) return "-";
  if (probability >= 0.995) return ">99%";
  if (probability < 0.005) return "<1%";
  return fmt::format("{:.0f}%", 100 * probability);
}

std::string number(double value, int digits) {
  if (!std::isfinite(value)) return "-";
  std::string text = fmt::format("{:.{}f}", value, digits);
  if (text.starts_with('-')) text.replace(0, 1, "\u2212");
  return text;
}

std::string axes_mm(const Lesion& lesion) {
  return number(lesion.long_axis_mm, 0) + " \u00d7 " + number(lesion.short_axis_mm, 0);
}

std::string date_text(const std::string& dicom_date) {
  if (!is_dicom_date(dicom_date)) return stated(dicom_date);
  return dicom_date.substr(0, 4) + "-" + dicom_date.substr(4, 2) + "-" + dicom_date.substr(6, 2);
}

std::string age_text(const Study& study) {
  const std::optional<double>& age = study.patient.age_years;
  if (!age) return stated("");
  if (*age < 2) return fmt::format("{:.0f} months", std::floor(*age * 12));
  return fmt::format("{:.0f} years", std::floor(*age));
}

std::string sex_text(const std::string& dicom_sex) {
  if (dicom_sex == "M") return "male";
  if (dicom_sex == "F") return "female";
  if (dicom_sex == "O") return "other";
  return stated(dicom_sex);
}

std::string phase_text(Phase phase) {
  switch (phase) {
    case Phase::noncontrast:
      return "Non-contrast";
    case Phase::arterial:
      return "Arterial";
    case Phase::portal_venous:
      return "Portal venous";
    case Phase::delayed:
      return "Delayed";
    case Phase::unknown:
      break;
  }
  return "Phase unknown";
}

std::string column_class_name(std::string_view name) {
  const auto found = class_names().find(name);
  return found == class_names().end() ? readable(name) : found->second.column_name;
}

std::string short_class_name(std::string_view name) {
  const auto found = class_names().find(name);
  return found == class_names().end() ? readable(name) : found->second.short_name;
}

std::string long_class_name(std::string_view name) {
  const auto found = class_names().find(name);
  return found == class_names().end() ? readable(name) : found->second.long_name;
}

std::string map_method_text(std::string_view method) {
  if (method == "grad_cam") return "Grad-CAM";
  if (method == "grad_cam_pp") return "Grad-CAM++";
  if (method == "expected_gradients") return "SHAP values of the pixels";
  return "Class activation";
}

std::string task_text(std::string_view task) {
  if (task == "benign_malignant") return "benign or malignant";
  return fmt::format("type among {} lesions", task);
}

std::string readable(std::string_view name) {
  std::string text(name);
  std::replace(text.begin(), text.end(), '_', ' ');
  if (!text.empty()) text[0] = char(std::toupper(static_cast<unsigned char>(text[0])));
  return text;
}

std::string stated(const std::string& text) { return text.empty() ? "not stated" : text; }

}  // namespace hepatica::report
