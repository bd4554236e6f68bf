// Checks of rows that hold whatever form the data came in.
#pragma once

#include <string>
#include <vector>

#include "dataset/data_faults.h"
#include "dataset/data_options.h"
#include "dataset/data_row.h"

namespace hepatica {

/// Leaves out rows of phases that are not wanted.
void keep_phases(std::vector<DataRow>& rows, const DataOptions& options);

/// Brings the labels of rows and boxes to those of `needs.labels`: as they are; else in lower case; else by the other
/// name of LiLNet's tables (hem, met, good, bad for hemangioma, metastasis, benign, malignant), with a warning for each
/// name that was changed. What then belongs to no class is left out where `options.labels` names others, and is a fault
/// else; "none" and empty labels stay.
void settle_labels(std::vector<DataRow>& rows, const DataOptions& options, const DataNeeds& needs, DataFaults& faults);

/// Faults: patients in two stated splits; identifiers that differ in case or spaces only; a row that repeats another
/// one. The latter are left out where `options.duplicates` is "drop", and taken where it is "keep".
void check_patients(std::vector<DataRow>& rows, const DataOptions& options, DataFaults& faults);

/// Reads every image and mask once: what cannot be read, values that are not finite, boxes outside the image, another
/// size than most images have (`options.one_size`), and equal images under two patients are faults
/// (`options.duplicates` as above; images of one value are not compared), and where `needs.volumes` a liver mask that
/// marks no voxel. Gives a hash over all images.
std::string check_images(std::vector<DataRow>& rows,
                         const DataOptions& options,
                         const DataNeeds& needs,
                         DataFaults& faults);

}  // namespace hepatica
