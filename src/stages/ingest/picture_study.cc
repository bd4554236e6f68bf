#include <fmt/format.h>

#include "base/error.h"
#include "stages/ingest/sources.h"

namespace hepatica {
namespace {

SeriesDraft draft_stack(const PictureStack& stack, const PictureStackOptions& options) {
  SeriesDraft draft;
  Series& series = draft.series;
  series.uid = stack.name;
  series.description = stack.name;
  series.modality = Modality::picture;
  series.values = Values::windowed;
  series.phase = stack.phase;
  try {
    series.geometry = read_picture_stack_geometry(stack.files, options);
  } catch (const Error& error) {
    series.reason = error.what();
    return draft;
  }
  series.accepted = true;
  series.warnings.push_back(fmt::format(
      "pictures carry no scale: {:g} mm pixels, {:g} mm between slices and a window of {:g}/{:g} HU are assumed; sizes "
      "in mm and HU are as good as these",
      options.spacing_mm,
      options.slice_spacing_mm,
      options.level,
      options.width));
  series.load = [files = stack.files, options] { return read_picture_stack(files, options); };
  draft.coarse = series.load;
  return draft;
}

}  // namespace

StudyDraft draft_from_pictures(const std::vector<PictureStack>& stacks, const PictureStackOptions& options) {
  StudyDraft draft;
  for (const PictureStack& stack : stacks) {
    SeriesDraft series = draft_stack(stack, options);
    if (stack.phase != Phase::unknown) {
      series.series.phase_confidence = 1;
      series.series.phase_source = "folder";
    }
    draft.series.push_back(std::move(series));
  }
  return draft;
}

}  // namespace hepatica
