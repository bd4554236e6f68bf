// Data by a CSV manifest.
//
// Columns: `patient` and `path` (relative to the manifest); as far as known `phase`, `label` (class of the lesions;
// else `diagnosis`, else `benign_malignant`), `liver` and `lesions` (mask cells, io/mask_cell.h), `box` ("x0 y0 x1 y1",
// pixels of the slice), `slice` (k from the foot, from 0), `split` (train, validation, test), `date`, `centre` (or
// `center`), `lesion` (mask of the box's lesion), `plane` (a name: rows of a patient with the same one are the same
// plane of the same lesion in different phases). Other columns are passed over. `path` is a volume, a folder of DICOM
// slices, or a picture of one slice.
#pragma once

#include "dataset/data_faults.h"
#include "dataset/data_row.h"

namespace hepatica {

/// The rows; faults name the line: a missing column or file, an unknown phase, a box, slice or date that is none.
/// Error{bad_manifest} where the table itself cannot be read.
std::vector<DataRow> read_manifest(const fs::path& path, DataFaults& faults);

/// "train", "validation" or "test" from these and from val, valid, training, testing (any case); else a fault and
/// empty.
std::string split_from(const std::string& text, const std::string& place, DataFaults& faults);

/// YYYYMMDD of "2021-03-09", "2021/3/9" or "20210309"; else a fault and empty.
std::string date_from(const std::string& text, const std::string& place, DataFaults& faults);

}  // namespace hepatica
