// Evidence for a diagnosis: what each phase adds, and maps of the crops.
#pragma once

#include <memory>
#include <vector>

#include "stages/explain/crop_map.h"
#include "study/stages.h"

namespace hepatica {

/// Adds to each stage of the patient's diagnosis the phases' Shapley values. Where the options ask for maps, stage one
/// and the stage that named the type get one for the class of each best slice of the largest lesions; with `voxels`
/// stage one gets them for every classified slice of these. Warnings go to the diagnosis.
void explain(const PreprocessedStudy& study,
             const std::vector<std::unique_ptr<Classifier>>& classifiers,
             const ExplainOptions& options,
             Diagnosis& diagnosis);

}  // namespace hepatica
