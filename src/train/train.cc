#include "train/train.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "base/error.h"
#include "base/log.h"
#include "base/progress.h"
#include "base/threads.h"
#include "train/classify_task.h"
#include "train/data.h"
#include "train/detect_task.h"
#include "train/precision.h"
#include "train/segment_task.h"
#include "train/verify_task.h"

namespace hepatica::train {
namespace {

nn::Graph graph_from_block(const Block& block) {
  OptionReader reader(block);
  const std::string family = reader.text("family", "");
  const nlohmann::json arguments = json_from_block(reader.block("arguments"));
  reader.finish();
  return nn::build_graph(family, arguments.is_object() ? arguments : nlohmann::json::object());
}

constexpr const char* kStages[] = {"segment", "detect", "verify"};  // each has a task of its own

bool is_classifier(const std::string& role) {
  return std::find(std::begin(kStages), std::end(kStages), role) == std::end(kStages);
}

Block block_of(const Block& recipe, const std::string& role) {
  const Block train = recipe.child("train");
  return is_classifier(role) ? train.child("classify").child(role) : train.child(role);
}

std::unique_ptr<Task> segment_task(OptionReader& reader, Mixture data) {
  SegmentTaskOptions options;
  options.network = graph_from_block(reader.block("network"));
  options.input = segment_input_from_block(reader.block("input"));
  options.size = int(reader.integer("size", options.size, 32, 2048));
  options.augment = augment_options(reader.block("augment"));
  options.loss.bce = reader.number("cross_entropy", options.loss.bce, 0, 100);
  options.loss.batch = reader.boolean("dice_by_batch", options.loss.batch);
  return make_segment_task(std::move(data), std::move(options));
}

/// How slices are varied for the detector, and for the verifier behind it.
DetectExampleOptions example_options(OptionReader& reader, const DetectInput& input) {
  DetectExampleOptions options;
  options.input = input;
  options.augment = augment_options(reader.block("augment"));
  options.drop_liver = reader.number("drop_liver", options.drop_liver, 0, 1);
  options.drop_context = reader.number("drop_context", options.drop_context, 0, 1);
  options.miss_lesion = reader.number("miss_lesion", options.miss_lesion, 0, 1);
  options.fill_liver = reader.number("fill_liver", options.fill_liver, 0, 1);
  options.jitter_liver = reader.number("jitter_liver", options.jitter_liver, 0, 1);
  options.liver_hu_jitter = reader.number("liver_hu_jitter", options.liver_hu_jitter, 0, 100);
  return options;
}

std::unique_ptr<Task> detect_task(OptionReader& reader, Mixture data) {
  DetectTaskOptions options;
  options.network = graph_from_block(reader.block("network"));
  options.examples = example_options(reader, detect_input_from_block(reader.block("input")));
  const int64_t channels = options.examples.input.channels();
  if (options.network.arguments.value("in_channels", 3) != channels)
    throw Error(ErrorCode::bad_recipe,
                fmt::format("train.detect: the input has {} channels; say 'in_channels: {}' among the network's "
                            "arguments",
                            channels,
                            channels));
  options.mosaic = reader.number("mosaic", options.mosaic, 0, 1);
  if (reader.has("yolo_augment")) options.yolo = yolo_augment_options(reader.block("yolo_augment"));
  if (options.yolo && options.examples.input.mode != "window")
    throw Error(ErrorCode::bad_recipe,
                "train.detect: yolo_augment varies grey pictures; say 'mode: window' in 'input'");
  options.choose = reader.choice("choose", options.choose, {"average_precision", "fitness"});
  options.loss.box_gain = reader.number("box_gain", options.loss.box_gain, 0, 1000);
  options.loss.class_gain = reader.number("class_gain", options.loss.class_gain, 0, 1000);
  options.loss.dfl_gain = reader.number("dfl_gain", options.loss.dfl_gain, 0, 1000);
  options.loss.full_scores = reader.boolean("full_scores", options.loss.full_scores);
  options.loss.least_weight = reader.number("least_weight", options.loss.least_weight, 0, 100);
  return make_detect_task(std::move(data), std::move(options));
}

std::unique_ptr<Task> verify_task(OptionReader& reader, Mixture data, const fs::path& out) {
  VerifyTaskOptions options;
  options.network = graph_from_block(reader.block("network"));
  const fs::path detector = out / reader.text("detector", "detect/detect.safetensors");
  if (!fs::exists(detector))
    throw Error(ErrorCode::not_found,
                "train.verify.detector: " + detector.string() + " does not exist; train the detector first");
  DetectOptions found;
  found.confidence = reader.number("confidence", 0.03, 0.001, 1);
  options.detector = std::make_shared<YoloV8>(make_predictor(detector, {}), found);
  options.examples = example_options(reader, options.detector->input());
  OptionReader input(reader.block("input"));
  options.input.size = int(input.integer("size", options.input.size, 16, 512));
  options.input.part = input.number("part", options.input.part, 0.05, 1);
  input.finish();
  options.input.detector = options.detector->input();
  options.most_crops = size_t(reader.integer("most_crops", int64_t(options.most_crops), 1, 100));
  options.missed = reader.number("missed", options.missed, 0, 1);
  return make_verify_task(std::move(data), std::move(options));
}

std::unique_ptr<Task> classify_task(OptionReader& reader, const std::string& role, Mixture data) {
  ClassifyTaskOptions options;
  options.role = role;
  options.network = graph_from_block(reader.block("network"));
  options.input = classify_input_from_block(reader.block("input"));
  options.augment = augment_options(reader.block("augment"));
  options.classes = reader.texts("classes", {});
  OptionReader members(reader.block("members"));
  for (const std::string& name : options.classes) {
    if (members.has(name)) options.members[name] = members.texts(name, {});
  }
  members.finish();
  options.box_jitter_px = reader.number("box_jitter_px", options.box_jitter_px, 0, 200);
  options.crop_augment = crop_augment_options(reader.block("crop_augment"));
  options.sampling = reader.choice("sampling", options.sampling, {"balanced", "all", "oversample"});
  options.loss.beta = reader.number("beta", options.loss.beta, 0, 100);
  options.loss.self_distillation = reader.boolean("self_distillation", options.loss.self_distillation);
  options.loss.temperature = reader.number("temperature", options.loss.temperature, 0.01, 100);
  options.smoothing = reader.number("smoothing", options.smoothing, 0, 0.9);
  if (options.classes.size() < 2)
    throw Error(ErrorCode::bad_recipe, "train.classify." + role + ": 'classes' needs two or more names");
  return make_classify_task(std::move(data), std::move(options));
}

}  // namespace

std::vector<std::string> roles_to_train(const Block& recipe, const std::vector<std::string>& stages) {
  const Block train = recipe.child("train");
  std::vector<std::string> known, wanted;
  for (const char* role : kStages) {
    if (train.node && train.node[role]) known.push_back(role);
  }
  if (train.node && train.node["classify"]) {
    for (const auto& entry : train.node["classify"]) known.push_back(entry.first.as<std::string>());
  }
  if (stages.empty()) wanted = known;
  for (const std::string& stage : stages) {
    for (const std::string& role : known) {
      if ((stage == role || (stage == "classify" && is_classifier(role))) &&
          std::find(wanted.begin(), wanted.end(), role) == wanted.end())
        wanted.push_back(role);
    }
    const bool found = std::find(known.begin(), known.end(), stage) != known.end() ||
                       (stage == "classify" && std::any_of(known.begin(), known.end(), is_classifier));
    if (!found) {
      std::string names;
      for (const std::string& role : known) names += (names.empty() ? "" : ", ") + role;
      throw Error(ErrorCode::usage,
                  "--stage: the recipe " + recipe.file + " does not train '" + stage + "'" +
                      (names.empty() ? "; it has no 'train' block" : "; it trains " + names));
    }
  }
  if (wanted.empty()) throw Error(ErrorCode::usage, "the recipe " + recipe.file + " has no 'train' block");
  return wanted;
}

std::unique_ptr<Task> make_task(const Block& recipe, const std::string& role, const TrainRequest& request) {
  OptionReader reader(block_of(recipe, role));
  const fs::path cache = request.cache.empty() ? request.out / "cache" : request.cache;
  Mixture data = mixture_from_block(reader.block("data"), {request.data, cache, request.seed});
  reader.block("fit");
  std::unique_ptr<Task> task = role == "segment"  ? segment_task(reader, std::move(data))
                               : role == "detect" ? detect_task(reader, std::move(data))
                               : role == "verify" ? verify_task(reader, std::move(data), request.out)
                                                  : classify_task(reader, role, std::move(data));
  reader.finish();
  return task;
}

namespace {

/// The workers that a launcher started, or this process alone. Only the first one speaks.
std::unique_ptr<Workers> find_workers(double limit_s) {
  const auto place = worker_place([](const char* name) { return std::getenv(name); });
  if (!place) return std::make_unique<Workers>();
  if (place->rank > 0) {
    set_up_logging(true);
    set_progress_sink({});
  }
  auto workers = std::make_unique<Workers>(*place, limit_s);
  log_info("{} workers, over Gloo from {}:{}", place->size, place->address, place->port);
  return workers;
}

/// The options of a role's fit, with what the request says instead.
FitOptions fit_options_of(const Block& block, const TrainRequest& request) {
  FitOptions options = fit_options(block.child("fit"));
  options.seed = request.seed;
  if (!options.start_from.empty()) options.start_from = request.out / options.start_from;
  if (!request.start_from.empty()) {
    options.start_from = request.start_from;
    options.start_with = "matching";
  }
  return options;
}

}  // namespace

std::vector<std::pair<std::string, FitResult>> train(const Block& recipe, const TrainRequest& request) {
  at::set_num_threads(thread_count());
  const std::unique_ptr<Workers> workers = find_workers(request.worker_limit_s);
  const FitPlace place{workers.get(),
                       training_device(request.device, workers->place().local_rank).str(),
                       request.versions,
                       request.after_epoch};
  std::vector<std::pair<std::string, FitResult>> results;
  for (const std::string& role : roles_to_train(recipe, request.stages)) {
    const Block block = block_of(recipe, role);
    const FitOptions options = fit_options_of(block, request);
    const std::unique_ptr<Task> task = make_task(recipe, role, request);
    const nlohmann::json provenance{{"recipe", fs::path(recipe.file).filename().string()},
                                    {"effective", json_from_block(block)},
                                    {"seed", request.seed},
                                    {"data", task->data().describe()}};
    log_info("{}: {} training slices, {} an epoch, {} parameters, on {}",
             role,
             task->data().training_size(),
             task->epoch_size(),
             nn::parameter_count(task->graph()),
             place.device);
    FitResult result = fit(*task, options, request.out / role, request.resume, provenance, place);
    if (workers->leads()) results.emplace_back(role, std::move(result));
  }
  return results;
}

}  // namespace hepatica::train
