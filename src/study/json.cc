#include "study/json.h"

#include <array>

#include "base/error.h"

namespace hepatica {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 3> kModalities{"ct", "mr", "picture"};
constexpr std::array<std::string_view, 2> kValues{"hounsfield", "windowed"};

template <class Enum, size_t N>
Enum enum_from(const std::array<std::string_view, N>& names, const std::string& name) {
  for (size_t i = 0; i < N; ++i)
    if (names[i] == name) return Enum(i);
  throw Error(ErrorCode::bad_format, "'" + name + "' is none of the names that this JSON key may hold");
}

}  // namespace

void to_json(json& document, const Geometry& geometry) {
  document = {{"size", geometry.size},
              {"spacing", geometry.spacing},
              {"origin", geometry.origin},
              {"direction", geometry.direction}};
}

void from_json(const json& document, Geometry& geometry) {
  document.at("size").get_to(geometry.size);
  document.at("spacing").get_to(geometry.spacing);
  document.at("origin").get_to(geometry.origin);
  document.at("direction").get_to(geometry.direction);
}

void to_json(json& document, const Box2& box) { document = {box.x0, box.y0, box.x1, box.y1}; }

void from_json(const json& document, Box2& box) {
  const auto v = document.get<std::array<double, 4>>();
  box = {v[0], v[1], v[2], v[3]};
}

void to_json(json& document, const Box3& box) {
  document = {box.low[0], box.low[1], box.low[2], box.high[0], box.high[1], box.high[2]};
}

void from_json(const json& document, Box3& box) {
  const auto v = document.get<std::array<double, 6>>();
  box = {{v[0], v[1], v[2]}, {v[3], v[4], v[5]}};
}

void to_json(json& document, const Phase& phase) { document = std::string(name_of(phase)); }

void from_json(const json& document, Phase& phase) {
  const auto name = document.get<std::string>();
  const auto found = phase_from_name(name);
  if (!found) throw Error(ErrorCode::bad_format, "'" + name + "' is not a contrast phase");
  phase = *found;
}

void to_json(json& document, const Series& series) {
  document = {{"uid", series.uid},
              {"description", series.description},
              {"modality", std::string(kModalities[size_t(series.modality)])},
              {"values", std::string(kValues[size_t(series.values)])},
              {"phase", series.phase},
              {"phase_confidence", series.phase_confidence},
              {"phase_source", series.phase_source},
              {"accepted", series.accepted},
              {"reason", series.reason},
              {"warnings", series.warnings},
              {"size", series.geometry.size},
              {"spacing", series.geometry.spacing},
              {"slices", series.geometry.size[2]},
              {"geometry", series.geometry},
              {"tags", series.tags}};
}

void from_json(const json& document, Series& series) {
  document.at("uid").get_to(series.uid);
  document.at("description").get_to(series.description);
  series.modality = enum_from<Modality>(kModalities, document.at("modality").get<std::string>());
  series.values = enum_from<Values>(kValues, document.at("values").get<std::string>());
  document.at("phase").get_to(series.phase);
  document.at("phase_confidence").get_to(series.phase_confidence);
  document.at("phase_source").get_to(series.phase_source);
  document.at("accepted").get_to(series.accepted);
  document.at("reason").get_to(series.reason);
  document.at("warnings").get_to(series.warnings);
  document.at("geometry").get_to(series.geometry);
  document.at("tags").get_to(series.tags);
}

void to_json(json& document, const Patient& patient) {
  document = {{"id", patient.id},
              {"name", patient.name},
              {"sex", patient.sex},
              {"birth_date", patient.birth_date},
              {"age_years", patient.age_years ? json(*patient.age_years) : json(nullptr)}};
}

void from_json(const json& document, Patient& patient) {
  document.at("id").get_to(patient.id);
  document.at("name").get_to(patient.name);
  document.at("sex").get_to(patient.sex);
  document.at("birth_date").get_to(patient.birth_date);
  const json& age = document.at("age_years");
  patient.age_years = age.is_null() ? std::nullopt : std::optional(age.get<double>());
}

void to_json(json& document, const Study& study) {
  document = {{"source", study.source},
              {"uid", study.uid},
              {"date", study.date},
              {"is_dicom", study.is_dicom},
              {"patient", study.patient},
              {"warnings", study.warnings},
              {"series", study.series}};
}

void from_json(const json& document, Study& study) {
  document.at("source").get_to(study.source);
  document.at("uid").get_to(study.uid);
  document.at("date").get_to(study.date);
  document.at("is_dicom").get_to(study.is_dicom);
  document.at("patient").get_to(study.patient);
  document.at("warnings").get_to(study.warnings);
  document.at("series").get_to(study.series);
}

void to_json(json& document, const Detection& detection) {
  document = {
      {"image", detection.image}, {"slice", detection.slice}, {"box", detection.box}, {"score", detection.score}};
}

void from_json(const json& document, Detection& detection) {
  document.at("image").get_to(detection.image);
  document.at("slice").get_to(detection.slice);
  document.at("box").get_to(detection.box);
  document.at("score").get_to(detection.score);
}

void to_json(json& document, const Lesion& lesion) {
  document = {{"id", lesion.id},
              {"box_mm", lesion.box},
              {"center_mm", lesion.box.center()},
              {"long_axis_mm", lesion.long_axis_mm},
              {"short_axis_mm", lesion.short_axis_mm},
              {"volume_ml", lesion.volume_ml},
              {"score", lesion.score},
              {"detections", lesion.detections},
              {"best_slices", lesion.best_slices},
              {"unseen_slices", lesion.unseen_slices}};
}

void from_json(const json& document, Lesion& lesion) {
  document.at("id").get_to(lesion.id);
  document.at("box_mm").get_to(lesion.box);
  document.at("long_axis_mm").get_to(lesion.long_axis_mm);
  document.at("short_axis_mm").get_to(lesion.short_axis_mm);
  document.at("volume_ml").get_to(lesion.volume_ml);
  document.at("score").get_to(lesion.score);
  document.at("detections").get_to(lesion.detections);
  document.at("best_slices").get_to(lesion.best_slices);
  document.at("unseen_slices").get_to(lesion.unseen_slices);
}

void to_json(json& document, const HierarchyPrediction& prediction) {
  document = {{"benign_malignant", prediction.benign_malignant},
              {"probabilities", prediction.probabilities},
              {"prediction", prediction.prediction}};
}

void from_json(const json& document, HierarchyPrediction& prediction) {
  document.at("benign_malignant").get_to(prediction.benign_malignant);
  document.at("probabilities").get_to(prediction.probabilities);
  document.at("prediction").get_to(prediction.prediction);
}

void to_json(json& document, const Provenance& provenance) {
  json models = json::array();
  for (const auto& model : provenance.models)
    models.push_back({{"role", model.role}, {"file", model.file}, {"sha256", model.sha256}, {"title", model.title}});
  document = {{"program", provenance.program},
              {"version", provenance.version},
              {"commit", provenance.commit},
              {"libraries", provenance.libraries},
              {"recipe", provenance.recipe},
              {"recipe_sha256", provenance.recipe_sha256},
              {"precision", provenance.precision},
              {"device", provenance.device},
              {"threads", provenance.threads},
              {"created_utc", provenance.created_utc},
              {"models", models},
              {"timings_s", provenance.timings_s}};
}

void from_json(const json& document, Provenance& provenance) {
  document.at("program").get_to(provenance.program);
  document.at("version").get_to(provenance.version);
  document.at("commit").get_to(provenance.commit);
  document.at("libraries").get_to(provenance.libraries);
  document.at("recipe").get_to(provenance.recipe);
  document.at("recipe_sha256").get_to(provenance.recipe_sha256);
  document.at("precision").get_to(provenance.precision);
  document.at("device").get_to(provenance.device);
  document.at("threads").get_to(provenance.threads);
  document.at("created_utc").get_to(provenance.created_utc);
  document.at("timings_s").get_to(provenance.timings_s);
  provenance.models.clear();
  for (const json& model : document.at("models"))
    provenance.models.push_back({model.at("role").get<std::string>(),
                                 model.at("file").get<std::string>(),
                                 model.at("sha256").get<std::string>(),
                                 model.at("title").get<std::string>()});
}

}  // namespace hepatica
