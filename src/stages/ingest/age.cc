#include "stages/ingest/age.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>

namespace hepatica {

std::optional<double> age_from_tags(const std::map<std::string, std::string>& tags) {
  const auto value = [&](const char* key) { return tags.contains(key) ? tags.at(key) : std::string(); };
  const std::string age = value("PatientAge");
  if (age.size() == 4 && std::isdigit(static_cast<unsigned char>(age[0]))) {
    static const std::map<char, double> kUnits{{'Y', 1.0}, {'M', 1 / 12.0}, {'W', 7 / 365.25}, {'D', 1 / 365.25}};
    const auto unit = kUnits.find(age[3]);
    if (unit != kUnits.end()) return std::atoi(age.substr(0, 3).c_str()) * unit->second;
  }
  const std::string birth = value("PatientBirthDate"), study = value("StudyDate");
  if (birth.size() != 8 || study.size() != 8) return std::nullopt;
  const auto years = [](const std::string& date) {
    return std::atoi(date.substr(0, 4).c_str()) + (std::atoi(date.substr(4, 2).c_str()) - 1) / 12.0 +
           (std::atoi(date.substr(6, 2).c_str()) - 1) / 365.25;
  };
  const double difference = years(study) - years(birth);
  return difference > 0 && difference < 130 ? std::optional(std::floor(difference * 100) / 100) : std::nullopt;
}

double circulation_tempo(std::optional<double> age_years) {
  return 1.5 - 0.5 * std::clamp(age_years.value_or(16) / 16, 0.0, 1.0);
}

}  // namespace hepatica
