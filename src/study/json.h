// Domain types as JSON and back: `nlohmann::json(value)` and `json.get<Type>()`, with the keys of the command contract.
// What is unknown is null. Voxels and `Series::load` are not part of it. Reading throws nlohmann::json::exception where
// a key is missing or of another type.
#pragma once

#include <nlohmann/json.hpp>

#include "study/findings.h"
#include "study/provenance.h"
#include "study/study.h"

namespace hepatica {

void to_json(nlohmann::json& json, const Geometry& geometry);  ///< size, spacing, origin, direction (rows)
void from_json(const nlohmann::json& json, Geometry& geometry);
void to_json(nlohmann::json& json, const Box2& box);  ///< [x0, y0, x1, y1]
void from_json(const nlohmann::json& json, Box2& box);
void to_json(nlohmann::json& json, const Box3& box);  ///< [x0, y0, z0, x1, y1, z1]
void from_json(const nlohmann::json& json, Box3& box);
void to_json(nlohmann::json& json, const Phase& phase);  ///< its name
void from_json(const nlohmann::json& json, Phase& phase);

/// uid, phase, phase_confidence, phase_source, accepted, reason, warnings, size, spacing, slices; and description,
/// modality, values, geometry, tags. The instances are left out.
void to_json(nlohmann::json& json, const Series& series);
void from_json(const nlohmann::json& json, Series& series);
void to_json(nlohmann::json& json, const Patient& patient);
void from_json(const nlohmann::json& json, Patient& patient);
/// source, uid, date, is_dicom, patient, warnings; and series.
void to_json(nlohmann::json& json, const Study& study);
void from_json(const nlohmann::json& json, Study& study);

void to_json(nlohmann::json& json, const Detection& detection);
void from_json(const nlohmann::json& json, Detection& detection);
/// id, box_mm, center_mm, long_axis_mm, short_axis_mm, volume_ml, score, detections, best_slices, unseen_slices.
void to_json(nlohmann::json& json, const Lesion& lesion);
void from_json(const nlohmann::json& json, Lesion& lesion);
/// benign_malignant, probabilities, prediction.
void to_json(nlohmann::json& json, const HierarchyPrediction& prediction);
void from_json(const nlohmann::json& json, HierarchyPrediction& prediction);

/// All fields; `timings_s` as an array of [stage, seconds] to keep their order.
void to_json(nlohmann::json& json, const Provenance& provenance);
void from_json(const nlohmann::json& json, Provenance& provenance);

}  // namespace hepatica
