// Coded concepts of DICOM.
#pragma once

#include <string>

namespace hepatica {

/// CodeValue, CodingSchemeDesignator ("SCT" is SNOMED CT, "DCM" DICOM itself) and CodeMeaning.
struct Code {
  std::string value, scheme, meaning;
};

}  // namespace hepatica
