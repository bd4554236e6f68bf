// Which DICOM objects are no axial image of the body.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>

#include "stages/ingest/frames.h"

namespace hepatica {
namespace {

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return char(std::toupper(c)); });
  return text;
}

bool contains_any(const std::string& text, std::initializer_list<const char*> words) {
  return std::any_of(words.begin(), words.end(), [&](const char* w) { return text.find(w) != std::string::npos; });
}

std::string modality_reason(const std::string& modality) {
  static const std::map<std::string, const char*> kReasons{{"CR", "a projection X-ray, not CT"},
                                                           {"DX", "a projection X-ray, not CT"},
                                                           {"MG", "a mammogram, not CT"},
                                                           {"XA", "an angiogram, not CT"},
                                                           {"RF", "a fluoroscopy, not CT"},
                                                           {"US", "an ultrasound image, not CT"},
                                                           {"PT", "a PET image, not CT"},
                                                           {"NM", "a nuclear medicine image, not CT"},
                                                           {"SEG", "a segmentation, not CT"},
                                                           {"OT", "a capture of unknown kind, not CT"},
                                                           {"SC", "a secondary capture, not CT"},
                                                           {"SR", "a structured report, no image"},
                                                           {"PR", "a presentation state, no image"},
                                                           {"RTSTRUCT", "radiotherapy contours, no image"},
                                                           {"RTDOSE", "a radiotherapy dose, not CT"}};
  const auto found = kReasons.find(modality);
  if (found != kReasons.end()) return found->second;
  return modality.empty() ? "its modality is not stated" : fmt::format("modality {}, not CT", modality);
}

std::optional<std::string> refusal_of_type(const std::string& type, const std::string& description) {
  if (contains_any(type, {"LOCALIZER", "SCOUT", "TOPOGRAM"})) return "a localizer";
  if (contains_any(type, {"DOSE", "SCREEN SAVE", "REPORT"}) ||
      contains_any(description, {"DOSE REPORT", "PATIENT PROTOCOL", "DOSE INFO", "DOSISBERICHT"}))
    return "a dose or protocol screen";
  if (contains_any(type, {"MIP", "MINIP", "PROJECTION IMAGE", "VRT", "SSD", "VOLREN", "VOLUME RENDER"}))
    return "a projection or rendering of the volume, not its slices";
  if (contains_any(type, {"PERFUSION", "SUBTRACT", "IODINE", "VNC_MAP", "BLENDED"})) return "a computed map, not HU";
  return std::nullopt;
}

std::optional<std::string> refusal_of_plane(const FrameRef& ref) {
  const DicomFrame& frame = ref.frame();
  if (!frame.position || !frame.orientation) return "its slices carry no position and orientation in the patient";
  const auto normal = normal_of(frame);
  if (!normal) return "its orientation is not of two perpendicular directions";
  if (!frame.spacing || (*frame.spacing)[0] <= 0 || (*frame.spacing)[1] <= 0) return "its pixel spacing is missing";
  // A gantry tilts by 30 degrees at most; what is steeper was reformatted.
  if (std::abs((*normal)[2]) > 0.85) return std::nullopt;
  if (std::abs((*normal)[1]) > 0.85) return "a coronal reformat, not axial";
  if (std::abs((*normal)[0]) > 0.85) return "a sagittal reformat, not axial";
  return "an oblique reformat, not axial";
}

}  // namespace

std::optional<std::string> refusal_of(const FrameRef& ref, const std::string& series_description) {
  const DicomImage& image = *ref.image;
  const DicomPixelFormat& format = image.format;
  if (image.modality != "CT" && image.modality != "MR") return modality_reason(image.modality);
  if (image.frames.empty()) return "an object without pixels";
  if (image.sop_class_uid.starts_with("1.2.840.10008.5.1.4.1.1.7")) return "a secondary capture";
  const std::string type = upper(ref.frame().image_type), description = upper(series_description);
  if (auto reason = refusal_of_type(type, description)) return reason;
  if (format.samples != 1 || !format.photometric.starts_with("MONOCHROME"))
    return fmt::format("a colour image ({})", format.photometric);
  if (format.bits_allocated != 8 && format.bits_allocated != 16)
    return fmt::format("{} bits a pixel, only 8 and 16 are supported", format.bits_allocated);
  // Label maps and screen captures pass as CT with 8 bits; lossy JPEG of real CT keeps an intercept for air.
  if (image.modality == "CT" && format.bits_stored <= 8 && ref.frame().intercept >= 0)
    return "a mask or picture of 8 bits, not HU";
  if (format.has_modality_lut) return "its values need a modality lookup table, which CT does not use";
  return refusal_of_plane(ref);
}

}  // namespace hepatica
