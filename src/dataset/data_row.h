// One image of a data set with what is known about it, whatever form the data came in.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/files.h"
#include "dataset/slice.h"

namespace hepatica {

struct DataRow {
  std::string place;    ///< where it is named, such as "line 7": for messages
  std::string patient;  ///< never empty
  std::string label;    ///< class of the patient's lesions; "none": a healthy liver; empty: not known
  std::string split;    ///< "train", "validation", "test" or empty
  std::string date;     ///< of the examination, YYYYMMDD; empty: not known
  std::string centre;
  fs::path path;  ///< a volume, a picture, or a folder of DICOM slices
  Phase phase = Phase::unknown;
  std::string liver;    ///< mask cell (io/mask_cell.h), absolute; empty: no reference
  std::string lesions;  ///< likewise, each label a lesion; "none": known to hold no lesion
  std::string lesion;   ///< mask cell of the lesion of the row's box; empty: not known
  std::string plane;    ///< rows of a patient with the same name are one plane of one lesion in several phases
  std::vector<LesionBox> boxes;
  bool complete = false;  ///< `boxes` are all lesions of the image, also where there are none
  int64_t slice = -1;     ///< k from the foot of a volume, from 0; -1: every slice
};

}  // namespace hepatica
