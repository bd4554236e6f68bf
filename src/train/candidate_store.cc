#include "train/candidate_store.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/progress.h"
#include "base/threads.h"
#include "dataset/lesion_boxes.h"
#include "nn/checkpoint.h"
#include "stages/segment/segment_images.h"

namespace hepatica::train {
namespace {

constexpr double kLesionIou = 0.2;

bool holds_lesion(const Mask& lesions, const Detection& detection) {
  const auto i1 = std::min(lesions.nx(), int64_t(std::ceil(detection.box.x1))),
             j1 = std::min(lesions.ny(), int64_t(std::ceil(detection.box.y1)));
  for (int64_t j = std::max<int64_t>(0, int64_t(detection.box.y0)); j < j1; ++j)
    for (int64_t i = std::max<int64_t>(0, int64_t(detection.box.x0)); i < i1; ++i)
      if (lesions.at(i, j, detection.slice)) return true;
  return false;
}

/// Whether the candidate is a lesion; nullopt where that is not sure.
std::optional<bool> is_lesion(const LinkedLesion& candidate,
                              const PreprocessedStudy& study,
                              const std::vector<LearningPhase>& truth) {
  bool touches = false;
  for (const Track& track : candidate.tracks) {
    const Mask& lesions = truth[study.images[track.image].series].lesions;
    for (const Detection& detection : track.detections) {
      if (!holds_lesion(lesions, detection)) continue;
      touches = true;
      for (const auto& [label, box] : label_boxes(lesions, detection.slice))
        if (intersection_over_union(box, detection.box) >= kLesionIou) return true;
    }
  }
  if (touches) return std::nullopt;
  return false;
}

torch::Tensor packed(const PlaneImage& view) {
  torch::Tensor all = torch::empty({view.channels, view.height, view.width}, torch::kShort);
  std::transform(view.values.begin(), view.values.end(), all.data_ptr<int16_t>(), [](float value) {
    return int16_t(std::lround(double(value) * kViewUnit));
  });
  return all;
}

}  // namespace

CandidateStore::CandidateStore(StudyMixture data, VerifyInput input, CandidateStages stages, fs::path folder)
    : data_(std::move(data)), input_(std::move(input)), stages_(std::move(stages)), folder_(std::move(folder)) {
  fs::create_directories(folder_);
}

fs::path CandidateStore::file_of(const MixtureItem& item) const {
  const std::string key = data_.source(item.source).key(item.index) + json_from_input(input_).dump() + stages_.identity;
  return folder_ / (sha256(key).substr(0, 32) + ".safetensors");
}

Candidates CandidateStore::made(const MixtureItem& item) const {
  const std::vector<LearningPhase> phases = data_.get(item);
  PreprocessedStudy study;
  for (size_t p = 0; p < phases.size(); ++p) study.images.push_back({p, phases[p].phase, phases[p].hu, {}, 0});
  std::vector<torch::Tensor> views;
  std::vector<int64_t> labels;
  if (!segment_images(study, *stages_.segmenter)) {
    const ViewContext context(study);
    const LinkOptions options = candidate_options(stages_.link, input_);
    for (const LinkedLesion& one : link_detections(study, stages_.detector->detect(study), options)) {
      const auto label = is_lesion(one, study, phases);
      if (!label) continue;
      views.push_back(packed(verify_view(study, context, one.tracks, input_, kViewMargin)));
      labels.push_back(*label);
    }
  }
  const int64_t side = std::llround(kViewMargin * input_.size);
  return {views.empty() ? torch::empty({0, input_.channels(), side, side}, torch::kShort) : torch::stack(views),
          torch::tensor(at::ArrayRef<int64_t>(labels), torch::kLong)};
}

Candidates CandidateStore::get(const MixtureItem& item) const {
  const fs::path file = file_of(item);
  if (!fs::exists(file)) {
    Candidates all = made(item);
    nn::Checkpoint kept;
    kept.tensors = {{"views", all.views}, {"labels", all.labels}};
    nn::write_checkpoint(file, kept, false);
    return all;
  }
  const nn::TensorMap tensors = nn::read_checkpoint(file).tensors;
  if (!tensors.count("views") || !tensors.count("labels") || tensors.at("views").dim() != 4)
    throw Error(ErrorCode::bad_format, file.string() + " holds no candidates of this program; remove it and run again");
  return {tensors.at("views"), tensors.at("labels")};
}

void CandidateStore::fill() const {
  std::vector<MixtureItem> missing;
  for (size_t source = 0; source < data_.sources(); ++source)
    for (size_t index = 0; index < data_.source(source).size(); ++index)
      if (!fs::exists(file_of({source, index}))) missing.push_back({source, index});
  Progress progress("candidates", missing.size());
  for (const MixtureItem& item : missing) {
    check_interrupted();
    get(item);
    progress.advance();
  }
}

}  // namespace hepatica::train
