#include "pipeline/components.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <functional>

#include "base/error.h"
#include "stages/classify/ensemble.h"
#include "stages/classify/lilnet.h"
#include "stages/detect/yolov8.h"
#include "stages/segment/dynunet.h"

namespace hepatica {
namespace {

constexpr char kStageOne[] = "benign_malignant";

/// A component: `check` reads its options, `make` builds it.
template <class Make>
struct Component {
  std::function<void(const Block&)> check;
  Make make;
};

using MakeSegmenter = std::function<std::unique_ptr<Segmenter>(const ComponentBlock&, Models&)>;
using MakeDetector = std::function<std::unique_ptr<Detector>(const ComponentBlock&, Models&, const Verifier*)>;
using MakeClassifier = std::function<std::unique_ptr<Classifier>(
    const ComponentBlock&, Models&, const std::string& task, const std::vector<std::string>& classes)>;
template <class Make>
using Registry = std::map<std::string, Component<Make>>;

const Registry<MakeSegmenter>& segmenters() {
  static const Registry<MakeSegmenter> kRegistry{
      {"dynunet",
       {[](const Block& options) { read_segment_options(options); },
        [](const ComponentBlock& block, Models& models) {
          return make_dynunet_segmenter(models.load("segment", block.network), read_segment_options(block.options));
        }}}};
  return kRegistry;
}

/// Boxes of another input are not what the verifier has learned from.
void require_same_input(const DetectInput& detector, const DetectInput& verified) {
  if (detector == verified) return;
  throw Error(ErrorCode::wrong_checkpoint,
              "the lesion verifier was trained behind a detector with another input than this one: take verify and "
              "detect checkpoints that belong together, or say 'use: false' in stages.verify.options");
}

const Registry<MakeDetector>& detectors() {
  static const Registry<MakeDetector> kRegistry{
      {"yolov8",
       {[](const Block& options) { read_detect_options(options); },
        [](const ComponentBlock& block, Models& models, const Verifier* verifier) {
          const auto predictor = models.load("detect", block.network);
          DetectOptions options = read_detect_options(block.options);
          if (verifier) {
            options.confidence = verifier->input().confidence;
            require_same_input(YoloV8(predictor, options).input(), verifier->input().detector);
          }
          return make_yolov8_detector(predictor, options);
        }}}};
  return kRegistry;
}

/// The score on validation that a checkpoint says of itself; the lowest where it says none.
double validation_score(const Predictor& predictor) {
  const nlohmann::json& metadata = predictor.metadata();
  const nlohmann::json none = nlohmann::json::object();
  return metadata.value("provenance", none).value("validation", none).value("score", -1.0);
}

std::unique_ptr<Classifier> ensemble(const ComponentBlock& block,
                                     Models& models,
                                     const std::string& task,
                                     const std::vector<std::string>& classes,
                                     const ClassifyOptions& options) {
  std::vector<std::unique_ptr<Classifier>> members;
  std::vector<double> scores;
  for (const std::string& name : options.networks) {
    const auto predictor = models.load(task + "_" + name, block.network);
    scores.push_back(validation_score(*predictor));
    members.push_back(make_lilnet_classifier(predictor, task, classes, options));
  }
  return make_ensemble(std::move(members), scores, options.combine);
}

const Registry<MakeClassifier>& classifiers() {
  static const Registry<MakeClassifier> kRegistry{
      {"lilnet",
       {[](const Block& options) { read_classify_options(options); },
        [](const ComponentBlock& block,
           Models& models,
           const std::string& task,
           const std::vector<std::string>& classes) {
          const ClassifyOptions options = read_classify_options(block.options);
          return options.networks.empty()
                     ? make_lilnet_classifier(models.load(task, block.network), task, classes, options)
                     : ensemble(block, models, task, classes, options);
        }}}};
  return kRegistry;
}

template <class Make>
const Component<Make>& find_component(const Registry<Make>& registry, const ComponentBlock& block, const char* stage) {
  const auto found = registry.find(block.component);
  if (found != registry.end()) return found->second;
  std::vector<std::string> known;
  for (const auto& [name, component] : registry) known.push_back(name);
  throw Error(ErrorCode::bad_recipe,
              fmt::format("{}: stages.{}.component is '{}'; known are: {}",
                          block.options.file,
                          stage,
                          block.component,
                          fmt::join(known, ", ")));
}

}  // namespace

Models::Models(const Recipe& recipe, std::vector<fs::path> folders, const PredictorOptions& options)
    : files_(recipe.models), folders_(std::move(folders)), options_(options) {}

std::vector<std::string> Models::names_of(const std::string& role) const {
  const auto files = files_.find(role);
  return files == files_.end() ? std::vector<std::string>{role + ".safetensors"} : files->second;
}

fs::path Models::find(const std::string& role) const {
  const std::vector<std::string> names = names_of(role);
  for (const fs::path& folder : folders_)
    for (const std::string& name : names)
      if (fs::is_regular_file(folder / name)) return folder / name;
  std::vector<std::string> looked;
  for (const fs::path& folder : folders_) looked.push_back(folder.string());
  throw Error(ErrorCode::not_found,
              fmt::format("no model for '{}': none of {} in {}; give its folder with --models",
                          role,
                          fmt::join(names, ", "),
                          looked.empty() ? "any folder" : fmt::format("{}", fmt::join(looked, ", "))));
}

std::shared_ptr<Predictor> Models::load_beside(const std::string& role, const std::string& other) {
  const fs::path folder = find(other).parent_path();
  for (const std::string& name : names_of(role))
    if (fs::is_regular_file(folder / name)) return load_file(role, folder / name, nullptr);
  return nullptr;
}

std::shared_ptr<Predictor> Models::load(const std::string& role, const nlohmann::json& network) {
  return load_file(role, find(role), network);
}

std::shared_ptr<Predictor> Models::load_file(const std::string& role,
                                             const fs::path& file,
                                             const nlohmann::json& network) {
  std::shared_ptr<Predictor> predictor = make_predictor(file, options_, network);
  const nlohmann::json& metadata = predictor->metadata();
  const std::string title = metadata.is_object() ? metadata.value("title", metadata.value("task", "")) : "";
  loaded_.push_back({role, file.filename().string(), predictor->checkpoint_sha256(), title});
  return predictor;
}

void check_components(const Recipe& recipe) {
  find_component(segmenters(), recipe.segment, "segment").check(recipe.segment.options);
  find_component(detectors(), recipe.detect, "detect").check(recipe.detect.options);
  if (!recipe.classify.component.empty())
    find_component(classifiers(), recipe.classify, "classify").check(recipe.classify.options);
}

std::unique_ptr<Segmenter> make_segmenter(const Recipe& recipe, Models& models) {
  return find_component(segmenters(), recipe.segment, "segment").make(recipe.segment, models);
}

std::unique_ptr<Verifier> make_verifier(const Recipe& recipe, Models& models) {
  if (!recipe.verify.use || !recipe.models.count("verify")) return nullptr;
  const auto predictor = models.load_beside("verify", "detect");
  return predictor ? std::make_unique<Verifier>(predictor, recipe.verify) : nullptr;
}

std::unique_ptr<Detector> make_detector(const Recipe& recipe, Models& models, const Verifier* verifier) {
  return find_component(detectors(), recipe.detect, "detect").make(recipe.detect, models, verifier);
}

std::vector<std::unique_ptr<Classifier>> make_classifiers(const Recipe& recipe, Models& models) {
  std::vector<std::unique_ptr<Classifier>> made;
  if (recipe.classify.component.empty() || recipe.classes.empty()) return made;
  const auto& component = find_component(classifiers(), recipe.classify, "classify");
  std::vector<std::string> first;
  for (const auto& [name, types] : recipe.classes) first.push_back(name);
  made.push_back(component.make(recipe.classify, models, kStageOne, first));
  for (const auto& [name, types] : recipe.classes) made.push_back(component.make(recipe.classify, models, name, types));
  return made;
}

ClassifyOptions classify_options(const Recipe& recipe) {
  return recipe.classify.component.empty() ? ClassifyOptions() : read_classify_options(recipe.classify.options);
}

}  // namespace hepatica
