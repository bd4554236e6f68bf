// How numbers, dates and names are written in reports.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "study/findings.h"
#include "study/study.h"

namespace hepatica::report {

/// "93%"; ">99%" and "<1%" where rounding would claim certainty.
std::string percent(double probability);

/// With `digits` after the point; "-" where not finite.
std::string number(double value, int digits);

/// "42 × 31"
std::string axes_mm(const Lesion& lesion);

/// "2026-01-31" from "20260131"; other texts as they are; "not stated" for an empty one.
std::string date_text(const std::string& dicom_date);

/// Whole years, below two whole months; "not stated" where the age is not known. Dates are not looked at: ingest has,
/// and knows placeholders.
std::string age_text(const Study& study);

std::string sex_text(const std::string& dicom_sex);  ///< "male" from "M", ...

std::string phase_text(Phase phase);  ///< "Portal venous"

std::string short_class_name(std::string_view name);   ///< "HCC" from "hcc"
std::string column_class_name(std::string_view name);  ///< for narrow columns, "Met." from "metastasis"
std::string long_class_name(std::string_view name);    ///< "Hepatocellular carcinoma" from "hcc"

/// "Class activation", "Grad-CAM", "Grad-CAM++" or "SHAP values of the pixels" from the method's name.
std::string map_method_text(std::string_view method);

/// "benign or malignant", "type among benign lesions" from the classifier's task.
std::string task_text(std::string_view task);

/// "Benign malignant" from "benign_malignant".
std::string readable(std::string_view name);

/// `text`, or "not stated" where it is empty.
std::string stated(const std::string& text);

}  // namespace hepatica::report
