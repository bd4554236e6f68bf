// What came in: the series of one patient's study. Voxels are loaded one series at a time, on demand.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "image/volume.h"
#include "study/phase.h"

namespace hepatica {

enum class Modality { ct, mr, picture };

/// How the grey values of a series relate to HU.
enum class Values {
  hounsfield,  ///< HU
  windowed,    ///< 8-bit pictures, mapped back to HU by the window that the user stated or the default one
};

/// One reference to a DICOM instance, as SEG and SR need it; in the order of the volume's slices.
struct InstanceReference {
  std::string sop_class_uid;
  std::string sop_instance_uid;
  std::string file;
  int frame = 0;  ///< 0-based frame within a multi-frame instance
};

/// One series: what is known without its voxels, and how to get them.
struct Series {
  std::string uid;          ///< DICOM SeriesInstanceUID, or the file or folder name
  std::string description;  ///< SeriesDescription, or empty
  Modality modality = Modality::ct;
  Values values = Values::hounsfield;
  bool accepted = false;
  std::string reason;                 ///< why it was refused; empty where accepted
  std::vector<std::string> warnings;  ///< what was repaired or guessed
  Phase phase = Phase::unknown;
  double phase_confidence = 0;  ///< 0..1
  std::string phase_source;     ///< "tags", "image", "tags+image", "user", "folder", "none"; with the disagreement said
  Geometry geometry;            ///< of the volume that `load` gives
  std::vector<InstanceReference> instances;  ///< DICOM only; empty where slices were resampled
  std::map<std::string, std::string> tags;   ///< DICOM attributes kept for phase, report and SEG/SR, by keyword
  /// Reads the voxels (HU). Thread-safe; each call reads again. Null where refused.
  std::function<Volume<int16_t>()> load;
};

struct Patient {
  std::string id, name, sex, birth_date;  ///< as in DICOM; empty where unknown
  std::optional<double> age_years;
};

/// One study of one patient.
struct Study {
  std::string source;  ///< the path it was read from
  std::string uid;     ///< StudyInstanceUID, or the path's name
  std::string date;    ///< StudyDate YYYYMMDD, or empty
  Patient patient;
  std::vector<Series> series;         ///< accepted and refused
  std::vector<std::string> warnings;  ///< of the whole input, such as files that were not images
  bool is_dicom = false;
};

}  // namespace hepatica
