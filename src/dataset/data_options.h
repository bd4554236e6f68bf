// How a recipe wants its own data taken in.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/options.h"
#include "io/picture.h"
#include "study/phase.h"

namespace hepatica {

/// What a task needs of the data; said by the task, not by the recipe.
struct DataNeeds {
  bool each_lesion = false;           ///< an item is one lesion on one slice; else one slice with all its lesions
  bool liver = false;                 ///< every image must have a liver mask
  bool lesions = false;               ///< it must be known of every image which lesions it shows
  std::vector<std::string> labels{};  ///< that the classes of the task take in; empty: any
  bool volumes = false;               ///< an item is a whole volume, with a liver mask that is not empty
};

struct DataOptions {
  PictureStackOptions pictures;       ///< HU and spacing of pictures
  std::vector<std::string> labels;    ///< where not empty, items of other labels are left out; else they are faults
  std::vector<Phase> phases;          ///< where not empty, images of other phases are left out
  std::string duplicates = "refuse";  ///< the same image twice: "refuse", "drop" all but the first, "keep"
  bool check = true;                  ///< reads every image and mask once before the training begins
  bool one_size = false;              ///< images of two sizes are faults
  double context_mm = 0;       ///< the planes this far above and below a volume's slice are taken too; 0: they are not
  double least_lesion_mm = 4;  ///< cuts of a lesion mask whose box is smaller are neither learned nor counted
  std::string patient_pattern = "^([^_]+)";  ///< of file names where nothing else names the patient: its first group
  std::vector<std::string> tables;           ///< LiLNet's layout: label tables to read; empty: the only one there
  fs::path cache;  ///< folder for slices cut from volumes; empty: they are not kept. Not in recipes
};

/// Keys `level`, `width`, `spacing_mm` (of pictures), `labels`, `phases`, `duplicates`, `check`, `one_size`,
/// `context_mm`, `least_lesion_mm`, `patient_pattern`, `tables`.
DataOptions data_options(OptionReader& reader);

/// The patient in a file's name. Error{bad_manifest} where the pattern does not match, naming both.
std::string patient_of(const std::string& file_name, const std::string& pattern);

}  // namespace hepatica
