// Small steps of reading a DICOM header. Needs DCMTK's headers; for the sources of this reader only.
#pragma once

#include <dcmtk/config/osconfig.h>
// DCMTK's configuration comes first.
#include <dcmtk/dcmdata/dctk.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/input_file.h"
#include "io/dicom_read.h"

namespace hepatica::dicom {

/// All values joined by a backslash, without padding blanks; empty where absent.
std::string text(DcmItem& item, const DcmTagKey& tag);

/// First value as a number; nullopt where absent, empty or not a finite number.
std::optional<double> number(DcmItem& item, const DcmTagKey& tag);

/// The first `count` values as finite numbers; empty where there are fewer.
std::vector<double> numbers(DcmItem& item, const DcmTagKey& tag, size_t count);

/// The attributes that phase, report, SEG and SR need, by keyword, as UTF-8; absent ones are left out.
std::map<std::string, std::string> kept_tags(DcmDataset& data);

/// Finds the pixel data from the position at which parsing stopped, and checks that the file holds them whole.
/// Error{bad_format} where it does not.
void locate_pixels(DicomImage& image, const InputFile& file, uint64_t stopped_at);

/// The file `id` ("DIR\FILE") under `folder`, also where letters differ in case or "." ends a name.
std::optional<fs::path> resolve_without_case(const fs::path& folder, const std::string& id);

}  // namespace hepatica::dicom
