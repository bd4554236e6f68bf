#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>

#include "base/error.h"
#include "base/log.h"
#include "io/volume_file.h"
#include "stages/ingest/sources.h"

namespace hepatica {
namespace {

std::string stem_of(const fs::path& file) {
  std::string name = file.filename().string();
  for (const char* end : {".gz", ".nii", ".nrrd", ".nhdr", ".mha", ".mhd", ".hdr", ".img"})
    if (name.size() > std::string_view(end).size() && name.ends_with(end))
      name.erase(name.size() - std::string_view(end).size());
  return name;
}

/// Names that label maps go by; they lie beside volumes in most data sets.
bool names_a_mask(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return char(std::tolower(c)); });
  for (const char* word : {"mask", "seg", "label", "liver", "lesion", "tumor", "tumour", "organs", "roi"})
    if (name.find(word) != std::string::npos) return true;
  return false;
}

/// HU never go below air by much; values that do, or that never leave a small positive range, are another scale.
void check_is_hu(const Volume<int16_t>& volume, const fs::path& file) {
  const auto [low, high] = std::minmax_element(volume.values().begin(), volume.values().end());
  if (*low > -200 || *high < 50)
    log_warning("{}: values from {} to {} do not look like HU of a whole CT slice", file.string(), *low, *high);
}

SeriesDraft draft_volume(const fs::path& file, bool alone) {
  SeriesDraft draft;
  Series& series = draft.series;
  series.uid = file.filename().string();
  series.description = stem_of(file);
  if (!alone && names_a_mask(series.description)) {
    series.reason = "its name says that it is a mask; give it alone if it is not";
    return draft;
  }
  try {
    series.geometry = read_geometry(file);
  } catch (const Error& error) {
    series.reason = error.what();
    return draft;
  }
  series.accepted = true;
  series.load = [file] {
    Volume<int16_t> volume = read_volume(file);
    check_is_hu(volume, file);
    return volume;
  };
  draft.coarse = [file] { return read_volume(file); };
  series.tags["FileName"] = series.description;  // phase_from_tags reads it
  return draft;
}

}  // namespace

StudyDraft draft_from_volumes(const std::vector<fs::path>& files) {
  StudyDraft draft;
  for (const fs::path& file : files) draft.series.push_back(draft_volume(file, files.size() == 1));
  return draft;
}

}  // namespace hepatica
