// Boxes as YOLO's text files hold them: images/ and labels/ with the same names, "class xc yc w h" a line, as fractions
// of the image; optionally a data yaml that names folders and classes.
// Reference: the format's description by Ultralytics; LiLNet's Detection/ReadME.md uses it (one class, "lesion").
#pragma once

#include "dataset/data_faults.h"
#include "dataset/data_options.h"
#include "dataset/data_row.h"

namespace hepatica {

/// True for a folder with images/ and labels/, and for a .yaml or .yml file.
bool is_yolo_data(const fs::path& path);

/// One row a picture. `path` is the data yaml (keys path, train, val, test, names, nc; a folder or a list of paths in a
/// .txt each), or the folder, whose images/train, images/val and images/test state the split where they are there. A
/// picture without labels file shows no lesion, as there. Without names the classes are called "lesion" (class 0
/// alone) or by their number. The patient is told from the file's name by `options.patient_pattern`. Faults name the
/// file and its line: missing pictures, lines of another form, classes outside the names, boxes outside the image.
std::vector<DataRow> read_yolo_data(const fs::path& path, const DataOptions& options, DataFaults& faults);

}  // namespace hepatica
