// LiLNet's layout: crops as pictures in root/<ID>/{CT,AP,PVP}/, and a table of the patients' classes.
// Reference: github.com/yangmeiyi/Liver (Nat Commun 2024), dataloader/dataloader_two_classification.py.
#pragma once

#include "dataset/data_faults.h"
#include "dataset/data_options.h"
#include "dataset/data_row.h"

namespace hepatica {

/// True where a folder in `root` holds one of CT, AP, PVP.
bool is_lilnet_folder(const fs::path& root);

/// One row a picture, in natural order of patients, phases and names. The tables (`options.tables`, else the only CSV
/// in `root`) have the columns ID and Cancer; case, spaces and the names Person ID, Patient, Label, Class, Diagnosis
/// are taken too, with a warning that says so. UTF-8, else GBK. Rows with an empty cell or NA are dropped, as there. A
/// table named ..._train, ..._validation or ..._test states its rows' split where more than one is read. Patients
/// without a row are left out with a warning; a row without folder or pictures, and a patient with two classes, are
/// faults.
std::vector<DataRow> read_lilnet_folder(const fs::path& root, const DataOptions& options, DataFaults& faults);

/// A table in UTF-8 or GBK. Error{bad_manifest} where it is neither.
std::string utf8_from_table(const std::string& bytes, const std::string& file);

}  // namespace hepatica
