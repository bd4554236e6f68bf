// What the DICOM objects made from a study (SEG, SR) have in common: patient, study, equipment, time, references.
#pragma once

#include <string>

#include "io/dicom_put.h"
#include "study/provenance.h"
#include "study/study.h"

namespace hepatica {

/// A kept attribute of a series by keyword, empty where it was not kept.
std::string tag_of(const Series& series, const std::string& keyword);

/// `uid` where it is a valid UID, else one that depends on `seed` alone (volumes and pictures have none).
std::string valid_uid(const std::string& uid, const std::string& seed);

/// The study's UID as DICOM needs it.
std::string study_uid(const Study& study);

/// UID under which one lesion of this result is known in SEG and SR (Tracking UID). `lesion` counts from 1.
std::string lesion_tracking_uid(const Study& study, const Provenance& provenance, int lesion);

/// Name under which it is known: "Lesion 1".
std::string lesion_tracking_id(int lesion);

/// Patient, study and frame of reference as in the source, and this program as the equipment. `series` is one of
/// `study`'s; `seed` makes series and instance UIDs; the time is that of the result.
void put_result_header(DcmItem& item,
                       const Study& study,
                       const Series& series,
                       const Provenance& provenance,
                       const std::string& seed,
                       const std::string& description,
                       int series_number);

/// The program and the recipe, such as "hepatica lilnet2024".
std::string algorithm_name(const Provenance& provenance);

/// Version and commit.
std::string algorithm_version(const Provenance& provenance);

}  // namespace hepatica
