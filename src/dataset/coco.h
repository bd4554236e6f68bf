// Boxes in COCO's JSON (Lin et al., ECCV 2014; cocodataset.org, "object detection").
#pragma once

#include "dataset/data_faults.h"
#include "dataset/data_options.h"
#include "dataset/data_row.h"

namespace hepatica {

/// One row an image. `file_name` is relative to the JSON's folder or to images/ beside it. An image may say `patient`
/// (or patient_id; else the file's name tells by `options.patient_pattern`), `phase`, `split`, `date`, `centre`. `bbox`
/// is x, y, width, height in pixels; the category's name is the lesion's type; `iscrowd` makes a box that counts
/// neither way. Faults name the image or annotation by its id. Error{bad_format} where the file is no JSON.
std::vector<DataRow> read_coco(const fs::path& path, const DataOptions& options, DataFaults& faults);

}  // namespace hepatica
