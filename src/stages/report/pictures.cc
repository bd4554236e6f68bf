#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "image/mask_area.h"
#include "stages/report/content.h"
#include "stages/report/slice_figure.h"
#include "stages/report/words.h"

namespace hepatica::report {
using namespace draw;
namespace {

constexpr double kSliceWidth = 280;  // units: a slice of 4:3 stands beside two squares of the same height
constexpr double kSliceAspect = 4.0 / 3.0;
constexpr double kCropWidth = 210;
constexpr double kSlicePixelsPerUnit = 2,
                 kCropPixelsPerUnit = 1.6;  // near the pixels of a CT; more only makes files large
constexpr double kLeastCloseUpMm = 100;
constexpr size_t kOverviewSlices = 3;

bool has_voxels(const PhaseImage& image) { return !image.hu.empty(); }

/// Boxes of all lesions on one slice.
std::vector<MarkedBox> boxes_on(const Diagnosis& diagnosis, size_t image, int64_t slice) {
  std::vector<MarkedBox> boxes;
  for (const Lesion& lesion : diagnosis.lesions)
    for (const Detection& detection : lesion.detections)
      if (detection.image == image && detection.slice == slice) boxes.push_back({detection.box, lesion.id});
  return boxes;
}

SlicePicture base_picture(const ReportInput& input, size_t image, int64_t slice) {
  const PhaseImage& phase = input.images.images[image];
  SlicePicture picture;
  picture.hu = &phase.hu;
  picture.liver = &phase.liver;
  picture.slice = slice;
  picture.level = input.options.level;
  picture.width = input.options.width;
  picture.title = phase_text(phase.phase);
  return picture;
}

struct Explanation {
  const StagePrediction* stage;
  const ImagePrediction* image;
};

/// The first classifier's activation map of this very detection.
std::optional<Explanation> explanation_of(const Diagnosis& diagnosis, const Detection& seen) {
  for (const StagePrediction& stage : diagnosis.stages)
    for (const ImagePrediction& image : stage.images)
      if (same_box(image.detection, seen) && !image.activation.empty() && image.crop.area() > 0)
        return Explanation{&stage, &image};
  return std::nullopt;
}

/// What the classifier saw; without it a square about the box that leaves room around.
ScreenBox close_up(const SliceView& view, const Box2& box, const std::optional<Explanation>& explanation) {
  if (explanation) return with_aspect(view.screen_from_pixels(explanation->image->crop), 1);
  const ScreenBox lesion = view.screen_from_pixels(box);
  const double side = std::max(kLeastCloseUpMm, 1.6 * std::max(lesion.width, lesion.height));
  return {lesion.center_x() - 0.5 * side, lesion.center_y() - 0.5 * side, side, side};
}

std::string chosen_class(const Explanation& explanation) {
  const auto& logits = explanation.image->logits;
  if (logits.empty() || logits.size() > explanation.stage->classes.size()) return "the chosen class";
  const auto best = std::max_element(logits.begin(), logits.end()) - logits.begin();
  const std::string& name = explanation.stage->classes[size_t(best)];
  return name == "benign" || name == "malignant" ? name : short_class_name(name);
}

std::string residual_text(const ImagePrediction& image) {
  if (!image.additivity) return "";
  return fmt::format(", {} of {} logits unexplained",
                     number(image.additivity->residual(), 2),
                     number(image.additivity->logit - image.additivity->baseline, 2));
}

Figure activation_figure(SlicePicture picture,
                         const Explanation& explanation,
                         const std::string& method,
                         const std::string& where) {
  picture.activation = explanation.image;
  picture.liver = nullptr;
  picture.title = "Evidence";
  Figure figure = slice_figure(picture, kCropWidth, kCropPixelsPerUnit);
  const std::string chosen = chosen_class(explanation);
  figure.alt = fmt::format("{}: map of the evidence ({}) for {} over the classifier's crop", where, method, chosen);
  figure.caption = fmt::format("{} for \u201c{}\u201d ({}{})",
                               method,
                               chosen,
                               task_text(explanation.stage->task),
                               residual_text(*explanation.image));
  return figure;
}

/// `found`: the detector boxed the lesion in this image; else its place is shown.
std::vector<Figure> figures_of(const ReportInput& input, const Lesion& lesion, const Detection& seen, bool found) {
  const PhaseImage& phase = input.images.images[seen.image];
  const SliceView view(phase.hu.geometry(), seen.slice);
  const std::string where = fmt::format("Lesion {}, {}, slice {} of {} at {} mm",
                                        lesion.id,
                                        phase_text(phase.phase),
                                        seen.slice + 1,
                                        phase.hu.nz(),
                                        number(view.position_mm(), 1));
  SlicePicture picture = base_picture(input, seen.image, seen.slice);
  picture.boxes = boxes_on(input.diagnosis, seen.image, seen.slice);
  picture.region = with_aspect(body_box(phase.hu, view), kSliceAspect);
  Figure whole = slice_figure(picture, kSliceWidth, kSlicePixelsPerUnit);
  whole.alt = where + (found ? ": CT slice with liver outline and detection box"
                             : ": CT slice with liver outline at the place of the lesion, which was not found here");
  whole.caption = found ? fmt::format("{} phase, score {}", phase_text(phase.phase), number(seen.score, 2))
                        : fmt::format("{} phase, not found here: the same place", phase_text(phase.phase));

  const auto explanation = explanation_of(input.diagnosis, seen);
  picture.region = close_up(view, seen.box, explanation);
  picture.boxes = {{seen.box, lesion.id}};
  Figure near = slice_figure(picture, kCropWidth, kCropPixelsPerUnit);
  near.alt = where + ": close-up of the lesion";
  near.caption = explanation ? "Close-up: what the classifier saw" : "Close-up";

  std::vector<Figure> row{whole, near};
  if (explanation)
    row.push_back(activation_figure(picture, *explanation, map_method_text(input.diagnosis.map_method), where));
  return row;
}

std::string lesion_detail(const ReportInput& input, size_t n) {
  const Lesion& lesion = input.diagnosis.lesions[n];
  std::string text = fmt::format("{} mm, {} ml", axes_mm(lesion), number(lesion.volume_ml, 1));
  if (input.diagnosis.lesion_predictions.size() != input.diagnosis.lesions.size()) return text;
  const HierarchyPrediction& prediction = input.diagnosis.lesion_predictions[n];
  const auto p = prediction.probabilities.find(prediction.prediction);
  if (p == prediction.probabilities.end()) return text;
  return text + fmt::format(" \u00b7 most likely {} ({})", short_class_name(prediction.prediction), percent(p->second));
}

bool can_be_shown(const ReportInput& input, const Detection& seen) {
  if (seen.image >= input.images.images.size()) return false;
  const PhaseImage& image = input.images.images[seen.image];
  return has_voxels(image) && seen.slice >= 0 && seen.slice < image.hu.nz();
}

void append_lesions(const ReportInput& input, std::vector<ReportBlock>& blocks) {
  const auto& lesions = input.diagnosis.lesions;
  const size_t pictured = std::min(lesions.size(), size_t(std::max<int64_t>(0, input.options.pictured_lesions)));
  std::vector<ReportBlock> pictures;
  for (size_t n = 0; n < pictured; ++n) {
    Pictures group{fmt::format("Lesion {}", lesions[n].id), lesion_detail(input, n), {}};
    for (const Detection& seen : lesions[n].best_slices)
      if (can_be_shown(input, seen)) group.rows.push_back(figures_of(input, lesions[n], seen, true));
    for (const Detection& place : lesions[n].unseen_slices)
      if (can_be_shown(input, place)) group.rows.push_back(figures_of(input, lesions[n], place, false));
    if (!group.rows.empty()) pictures.emplace_back(std::move(group));
  }
  if (pictures.empty()) return;
  blocks.emplace_back(Heading{"Pictures of the lesions"});
  blocks.emplace_back(Paragraph{fmt::format(
      "The slice of the lesion's largest extent in each phase in which it was seen, and its place in the others; "
      "window {}/{} HU (level/width), patient's right on the left. Yellow: detection, or in a close-up its place, with "
      "the number of the lesion. Green: outline of the liver. Colours: regions that spoke for the named class, from "
      "low (dark) to high (yellow), scaled to each picture.{}",
      number(input.options.level, 0),
      number(input.options.width, 0),
      pictured < lesions.size() ? fmt::format(" The {} largest of {} lesions are shown.", pictured, lesions.size())
                                : "")});
  std::move(pictures.begin(), pictures.end(), std::back_inserter(blocks));
}

/// Slices at one, two and three quarters of the liver's volume; of the image's height where there is no liver.
std::vector<int64_t> overview_slices(const PhaseImage& image) {
  std::vector<double> area(size_t(image.hu.nz()), 1);
  if (!image.liver.empty() && image.liver_volume_ml > 0)
    for (int64_t k = 0; k < image.liver.nz(); ++k) area[size_t(k)] = double(labelled_pixels(image.liver, k));
  double total = 0;
  for (const double a : area) total += a;
  std::vector<int64_t> slices;
  double sum = 0;
  for (size_t k = 0; k < area.size(); ++k) {
    sum += area[k];
    while (slices.size() < kOverviewSlices && sum >= total * double(slices.size() + 1) / double(kOverviewSlices + 1)) {
      if (slices.empty() || slices.back() != int64_t(k))
        slices.push_back(int64_t(k));
      else
        break;
    }
  }
  if (image.hu.geometry().direction[2][2] >= 0) std::reverse(slices.begin(), slices.end());  // head first
  return slices;
}

std::vector<Figure> overview_row(const ReportInput& input, size_t index) {
  const PhaseImage& image = input.images.images[index];
  std::vector<Figure> row;
  for (const int64_t k : overview_slices(image)) {
    const SliceView view(image.hu.geometry(), k);
    SlicePicture picture = base_picture(input, index, k);
    picture.region = with_aspect(body_box(image.hu, view), kSliceAspect);
    picture.boxes = boxes_on(input.diagnosis, index, k);
    Figure figure = slice_figure(picture, kSliceWidth, kSlicePixelsPerUnit);
    figure.alt = fmt::format("Overview, {}, slice {} of {} at {} mm: CT slice{}",
                             phase_text(image.phase),
                             k + 1,
                             image.hu.nz(),
                             number(view.position_mm(), 1),
                             image.liver_volume_ml > 0 ? " with liver outline" : ", no liver found");
    row.push_back(std::move(figure));
  }
  return row;
}

void append_overview(const ReportInput& input, std::vector<ReportBlock>& blocks) {
  Pictures overview;
  bool liver = false;
  for (size_t n = 0; n < input.images.images.size(); ++n) {
    const PhaseImage& image = input.images.images[n];
    if (!has_voxels(image)) continue;
    liver = liver || image.liver_volume_ml > 0;
    overview.rows.push_back(overview_row(input, n));
  }
  if (overview.rows.empty()) return;
  blocks.emplace_back(Heading{"Overview"});
  blocks.emplace_back(Paragraph{
      liver ? "Slices at three quarters, half and one quarter of the liver's volume, with its outline (green)."
            : "Slices at three quarters, half and one quarter of the scan; no liver was outlined."});
  blocks.emplace_back(std::move(overview));
}

}  // namespace

void append_pictures(const ReportInput& input, std::vector<ReportBlock>& blocks) {
  append_lesions(input, blocks);
  append_overview(input, blocks);
}

}  // namespace hepatica::report
