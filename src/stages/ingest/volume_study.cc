#include <algorithm>
#include <cctype>

#include "base/error.h"
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
  series.load = [file] { return read_volume(file); };
  draft.coarse = series.load;
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
