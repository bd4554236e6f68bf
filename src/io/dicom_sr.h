// The diagnosis as a DICOM structured report.
// Reference: DICOM PS3.16, TID 1500 "Measurement Report" with TID 1411 and TID 1501 groups; PS3.3 A.35.3.
#pragma once

#include "base/files.h"
#include "io/dicom_seg.h"
#include "study/findings.h"
#include "study/provenance.h"
#include "study/study.h"

namespace hepatica {

/// Writes a Comprehensive SR: procedure, image library (the instances of `series`), one measurement group for each
/// lesion (tracking UID, finding, site, long and short axis in mm, volume in ml, probabilities in %, the segment of
/// `seg` where it has one), one for the patient, and a conclusion that says "for research use only". Concepts without a
/// standard code stand under the private scheme 99HEPATICA. Patient and study are the source's.
/// Error{write_failed}; Error{internal} where DCMTK refuses the content.
void write_dicom_sr(const fs::path& path,
                    const Study& study,
                    const Series& series,
                    const Diagnosis& diagnosis,
                    const Provenance& provenance,
                    const SegReference& seg = {});

/// The sentences of the report's conclusion.
std::string conclusion_text(const Diagnosis& diagnosis, const Provenance& provenance);

}  // namespace hepatica
