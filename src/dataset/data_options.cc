#include "dataset/data_options.h"

#include <fmt/format.h>

#include <regex>

#include "base/error.h"

namespace hepatica {

DataOptions data_options(OptionReader& reader) {
  DataOptions o;
  o.pictures.level = reader.number("level", o.pictures.level, -1024, 3071);
  o.pictures.width = reader.number("width", o.pictures.width, 1, 4096);
  o.pictures.spacing_mm = reader.number("spacing_mm", o.pictures.spacing_mm, 0.1, 10);
  o.labels = reader.texts("labels", {});
  for (const std::string& name : reader.texts("phases", {})) {
    const auto phase = phase_from_name(name);
    if (!phase) throw Error(ErrorCode::bad_recipe, fmt::format("data: 'phases' names '{}', which is no phase", name));
    o.phases.push_back(*phase);
  }
  o.duplicates = reader.choice("duplicates", o.duplicates, {"refuse", "drop", "keep"});
  o.check = reader.boolean("check", o.check);
  o.one_size = reader.boolean("one_size", o.one_size);
  o.context_mm = reader.number("context_mm", o.context_mm, 0, 50);
  o.least_lesion_mm = reader.number("least_lesion_mm", o.least_lesion_mm, 0, 100);
  o.patient_pattern = reader.text("patient_pattern", o.patient_pattern);
  o.tables = reader.texts("tables", {});
  try {
    if (std::regex(o.patient_pattern).mark_count() == 0)
      throw Error(
          ErrorCode::bad_recipe,
          fmt::format("data: 'patient_pattern' {} has no group in ( ) that gives the patient", o.patient_pattern));
  } catch (const std::regex_error& problem) {
    throw Error(
        ErrorCode::bad_recipe,
        fmt::format("data: 'patient_pattern' {} is no ECMAScript pattern: {}", o.patient_pattern, problem.what()));
  }
  return o;
}

std::string patient_of(const std::string& file_name, const std::string& pattern) {
  std::smatch match;
  if (std::regex_search(file_name, match, std::regex(pattern)) && match[1].length() > 0) return match[1].str();
  throw Error(
      ErrorCode::bad_manifest,
      fmt::format("the patient cannot be told from the name by patient_pattern '{}'; set it in the recipe's data",
                  pattern));
}

}  // namespace hepatica
