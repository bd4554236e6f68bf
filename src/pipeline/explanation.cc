#include "pipeline/explanation.h"

#include <algorithm>
#include <map>

namespace hepatica {
namespace {

size_t index_of_winner(const std::vector<double>& values) {
  return size_t(std::max_element(values.begin(), values.end()) - values.begin());
}

/// The slices of a lesion that the report shows, or all.
std::vector<Detection> slices_to_map(const Lesion& lesion, bool every_slice) {
  std::vector<Detection> slices = every_slice ? lesion.detections : lesion.best_slices;
  slices.insert(slices.end(), lesion.unseen_slices.begin(), lesion.unseen_slices.end());
  return slices;
}

/// The crops of a stage that get maps, of the largest lesions.
std::vector<ImagePrediction*> mapped_images(const std::vector<Lesion>& lesions,
                                            int64_t largest,
                                            bool every_slice,
                                            StagePrediction& stage) {
  std::vector<ImagePrediction*> wanted;
  for (size_t l = 0; l < std::min(lesions.size(), size_t(largest)); ++l)
    for (const Detection& seen : slices_to_map(lesions[l], every_slice)) {
      const auto found = std::find_if(stage.images.begin(), stage.images.end(), [&](const ImagePrediction& image) {
        return same_box(image.detection, seen);
      });
      if (found != stage.images.end()) wanted.push_back(&*found);
    }
  return wanted;
}

std::vector<Detection> all_detections(const std::vector<Lesion>& lesions) {
  std::vector<Detection> all;
  for (const Lesion& lesion : lesions) all.insert(all.end(), lesion.detections.begin(), lesion.detections.end());
  return all;
}

void add_maps(const PreprocessedStudy& study,
              const CropModel& model,
              const ExplainOptions& options,
              bool every_slice,
              Diagnosis& diagnosis,
              StagePrediction& stage) {
  const std::vector<ImagePrediction*> wanted = mapped_images(diagnosis.lesions, options.lesions, every_slice, stage);
  std::vector<PlaneImage> crops;
  std::vector<size_t> classes;
  for (const ImagePrediction* image : wanted) {
    crops.push_back(model.crop(study, image->detection));
    classes.push_back(index_of_winner(image->logits));
  }
  std::map<size_t, Baselines> baselines;
  const std::vector<CropMap> maps =
      crop_maps(model, crops, classes, options, [&](size_t n) -> const std::vector<PlaneImage>& {
        const size_t image = wanted[n]->detection.image;
        if (!baselines.count(image)) {
          baselines[image] =
              baselines_of(model, study, image, all_detections(diagnosis.lesions), options.expected_gradients);
          if (!baselines[image].warning.empty()) diagnosis.warnings.push_back(baselines[image].warning);
        }
        return baselines[image].crops;
      });
  for (size_t n = 0; n < wanted.size(); ++n) {
    wanted[n]->activation = shown_map(maps[n]);
    wanted[n]->activation_rows = maps[n].rows;
    wanted[n]->activation_columns = maps[n].columns;
    wanted[n]->additivity = maps[n].additivity;
  }
}

}  // namespace

void explain(const PreprocessedStudy& study,
             const std::vector<std::unique_ptr<Classifier>>& classifiers,
             const ExplainOptions& options,
             Diagnosis& diagnosis) {
  for (size_t c = 0; c < classifiers.size(); ++c) {
    StagePrediction& stage = diagnosis.stages[c];
    stage.shapley = phase_shapley(phases_of(stage, study),
                                  stage.classes,
                                  index_of_winner(stage.logits),
                                  late_fusion(stage, study),
                                  options.phase_shapley);
    const bool decisive = c == 0 || stage.task == diagnosis.stages[0].shapley->chosen;
    if (options.maps && decisive)
      add_maps(study, classifiers[c]->crop_model(), options, options.voxels && c == 0, diagnosis, stage);
  }
  if (options.maps) diagnosis.map_method = options.method;
}

}  // namespace hepatica
