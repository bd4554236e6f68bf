// Contrast phases as people write them in series descriptions, protocols and file names.
#pragma once

#include <string>

#include "study/phase.h"

namespace hepatica {

struct PhaseGuess {
  Phase phase = Phase::unknown;
  double confidence = 0;  ///< 0..1
  std::string why;        ///< for people
};

/// The one phase that the words name, in English, German, French, Spanish, Italian or Chinese; unknown where none or
/// several are named. Abbreviations that also mean something else ("AP" is also abdomen and pelvis) get a low
/// confidence.
PhaseGuess phase_from_words(const std::string& text);

/// The same for a file or folder name such as "arterial.nii.gz" or "12_pvp", where short forms are meant.
PhaseGuess phase_from_file_name(const std::string& name);

}  // namespace hepatica
