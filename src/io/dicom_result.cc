#include "io/dicom_result.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace hepatica {
namespace {

constexpr size_t kLongText = 64, kShortText = 16;  // VR LO and SH

bool is_uid(const std::string& text) {
  const bool characters =
      std::all_of(text.begin(), text.end(), [](char c) { return std::isdigit(uint8_t(c)) || c == '.'; });
  return characters && text.size() > 4 && text.size() <= 64 && text.find("..") == std::string::npos &&
         text.front() != '.' && text.back() != '.' && text.find('.') != std::string::npos;
}

bool is_date(const std::string& text) {
  return text.size() == 8 && std::all_of(text.begin(), text.end(), [](char c) { return std::isdigit(uint8_t(c)); });
}

/// Digits of an ISO 8601 time: date and time of day.
std::pair<std::string, std::string> date_and_time(const Provenance& provenance, const Study& study) {
  std::string digits;
  std::copy_if(provenance.created_utc.begin(), provenance.created_utc.end(), std::back_inserter(digits), [](char c) {
    return std::isdigit(uint8_t(c));
  });
  if (digits.size() >= 14) return {digits.substr(0, 8), digits.substr(8, 6)};
  return {is_date(study.date) ? study.date : "19700101", "000000"};
}

std::string sex_of(const Patient& patient) {
  return patient.sex == "M" || patient.sex == "F" || patient.sex == "O" ? patient.sex : "";
}

void put_patient_and_study(DcmItem& item, const Study& study, const Series& series) {
  put(item, DCM_PatientName, clean_text(study.patient.name, kLongText));
  put(item, DCM_PatientID, clean_text(study.patient.id, kLongText));
  put(item, DCM_PatientBirthDate, is_date(study.patient.birth_date) ? study.patient.birth_date : "");
  put(item, DCM_PatientSex, sex_of(study.patient));
  if (study.patient.age_years) put(item, DCM_PatientAge, age_string(*study.patient.age_years));
  put(item, DCM_StudyInstanceUID, study_uid(study));
  put(item, DCM_StudyDate, is_date(study.date) ? study.date : "");
  put(item, DCM_StudyTime, tag_of(series, "StudyTime"));
  put(item, DCM_StudyID, clean_text(tag_of(series, "StudyID"), kShortText));
  put(item, DCM_AccessionNumber, clean_text(tag_of(series, "AccessionNumber"), kShortText));
  put(item, DCM_ReferringPhysicianName, clean_text(tag_of(series, "ReferringPhysicianName"), kLongText));
  const std::string description = tag_of(series, "StudyDescription");
  if (!description.empty()) put(item, DCM_StudyDescription, clean_text(description, kLongText));
}

}  // namespace

std::string tag_of(const Series& series, const std::string& keyword) {
  const auto found = series.tags.find(keyword);
  return found == series.tags.end() ? "" : found->second;
}

std::string valid_uid(const std::string& uid, const std::string& seed) {
  return is_uid(uid) ? uid : uid_from_seed(seed);
}

std::string study_uid(const Study& study) { return valid_uid(study.uid, "study " + study.uid); }

std::string lesion_tracking_uid(const Study& study, const Provenance& provenance, int lesion) {
  return uid_from_seed(fmt::format(
      "lesion {} of {} by {} at {}", lesion, study_uid(study), provenance.recipe_sha256, provenance.created_utc));
}

std::string lesion_tracking_id(int lesion) { return fmt::format("Lesion {}", lesion); }

void put_result_header(DcmItem& item,
                       const Study& study,
                       const Series& series,
                       const Provenance& provenance,
                       const std::string& seed,
                       const std::string& description,
                       int series_number) {
  put(item, DCM_SpecificCharacterSet, "ISO_IR 192");
  put_patient_and_study(item, study, series);
  const auto [date, time] = date_and_time(provenance, study);
  put(item, DCM_SOPInstanceUID, uid_from_seed("instance " + seed));
  put(item, DCM_SeriesInstanceUID, uid_from_seed("series " + seed));
  put(item, DCM_SeriesNumber, std::to_string(series_number));
  put(item, DCM_InstanceNumber, "1");
  put(item, DCM_SeriesDescription, clean_text(description, kLongText));
  put(item, DCM_SeriesDate, date);
  put(item, DCM_SeriesTime, time);
  put(item, DCM_ContentDate, date);
  put(item, DCM_ContentTime, time);
  put(item, DCM_InstanceCreationDate, date);
  put(item, DCM_InstanceCreationTime, time);
  put(item, DCM_Manufacturer, "Hepatica");
  put(item, DCM_ManufacturerModelName, clean_text(algorithm_name(provenance), kLongText));
  put(item, DCM_DeviceSerialNumber, clean_text(provenance.commit.empty() ? "0" : provenance.commit, kLongText));
  put(item, DCM_SoftwareVersions, clean_text(algorithm_version(provenance), kLongText));
}

std::string algorithm_name(const Provenance& provenance) {
  std::string name = provenance.program.empty() ? "hepatica" : provenance.program;
  if (!provenance.recipe.empty()) name += " " + provenance.recipe;
  return name;
}

std::string algorithm_version(const Provenance& provenance) {
  std::string version = provenance.version.empty() ? "0" : provenance.version;
  if (!provenance.commit.empty()) version += " (" + provenance.commit + ")";
  return version;
}

}  // namespace hepatica
