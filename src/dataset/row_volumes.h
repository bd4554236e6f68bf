// Rows of a data set as whole volumes to learn from.
#pragma once

#include <memory>

#include "dataset/data_faults.h"
#include "dataset/data_row.h"
#include "dataset/split.h"
#include "dataset/volume_source.h"

namespace hepatica {

/// The rows that are volumes, one for each image. Faults: a picture, a row that names one slice, a row without a liver
/// mask, an image that is there with another patient or another liver.
std::vector<DataRow> volumes_of_rows(const std::vector<DataRow>& rows, DataFaults& faults);

/// An item for each row. `fingerprint` identifies the data. `get` throws Error naming the place of the row.
std::shared_ptr<const VolumeSource> make_row_volumes(std::vector<DataRow> rows, const std::string& fingerprint);

/// What a split needs of each row.
std::vector<SplitItem> split_items_of(const std::vector<DataRow>& rows);

}  // namespace hepatica
