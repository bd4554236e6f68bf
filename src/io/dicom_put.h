// Small helpers of the DICOM writers: UIDs, numbers as text, attributes with checks.
#pragma once

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include <initializer_list>
#include <string>
#include <string_view>

#include "base/files.h"
#include "image/geometry.h"
#include "io/code.h"

namespace hepatica {

/// A UID that depends on `seed` alone: 2.25. and the decimal form of a name-based UUID (PS3.5 B.2).
std::string uid_from_seed(std::string_view seed);

/// A decimal string (VR DS) of at most 16 characters, as precise as they allow.
std::string decimal_string(double value);
/// Several, as one value of an attribute.
std::string decimal_strings(std::initializer_list<double> values);
/// The direction cosines of a grid's rows and columns (ImageOrientationPatient).
std::string orientation_string(const Geometry& geometry);

/// An age string (VR AS): whole years, of children below two years months, of those below three months days
/// (PS3.5 6.2). Empty below 0 and from 1000 years.
std::string age_string(double years);

/// UTF-8 text cut to `length` characters, with control characters and bytes that are not UTF-8 as '?', and with '\'
/// as '/' (it would separate values).
std::string clean_text(std::string_view text, size_t length);

/// Writes an attribute; text is UTF-8 (the object must say ISO_IR 192). Error{internal} where DCMTK refuses.
void put(DcmItem& item, const DcmTagKey& tag, const std::string& value);
void put(DcmItem& item, const DcmTagKey& tag, uint16_t value);

/// One item of a sequence of codes.
void put_code(DcmItem& item, const DcmTagKey& sequence, const Code& code);

/// A new item at the end of a sequence, which is made where it is missing.
DcmItem& add_item(DcmItem& item, const DcmTagKey& sequence);

/// Saves as explicit little endian, whole or not at all; Error{write_failed} with the reason.
void save_dicom(DcmFileFormat& file, const fs::path& path);

}  // namespace hepatica
