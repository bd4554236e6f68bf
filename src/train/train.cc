#include "train/train.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "base/error.h"
#include "base/log.h"
#include "base/progress.h"
#include "engine/network_threads.h"
#include "stages/detect/yolov8.h"
#include "stages/segment/dynunet.h"
#include "train/classify_task.h"
#include "train/data.h"
#include "train/detect_task.h"
#include "train/found_boxes.h"
#include "train/precision.h"
#include "train/predictions.h"
#include "train/segment_task.h"
#include "train/verify_task.h"
#include "train/volume_task.h"

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

/// Names of the networks of one classifier's block that learn the same task, each as a role of its own.
std::vector<std::string> networks_of(const Block& classifier) {
  std::vector<std::string> names;
  for (const auto& entry : classifier.child("networks").node) names.push_back(entry.first.as<std::string>());
  return names;
}

/// The roles of one classifier's block: its name, or one a network.
std::vector<std::string> roles_of_task(const Block& train, const std::string& task) {
  std::vector<std::string> roles;
  for (const std::string& name : networks_of(train.child("classify").child(task))) roles.push_back(task + "_" + name);
  return roles.empty() ? std::vector{task} : roles;
}

/// A role with its block; `network` is the block of its network, which has a name where a task has several.
struct Role {
  Block block, network;
  std::string network_name;
};

Role role_of(const Block& recipe, const std::string& role) {
  const Block train = recipe.child("train");
  if (!is_classifier(role)) return {train.child(role), train.child(role).child("network"), ""};
  const Block classify = train.child("classify");
  for (const auto& entry : classify.node) {
    const auto task = entry.first.as<std::string>();
    const Block block = classify.child(task);
    for (const std::string& name : networks_of(block))
      if (role == task + "_" + name) return {block, block.child("networks").child(name), name};
  }
  return {classify.child(role), classify.child(role).child("network"), ""};
}

/// A segmenter of slices, or, by its network, of volumes.
std::unique_ptr<Task> segment_task(OptionReader& reader, const DataPlaces& places) {
  nn::Graph network = graph_from_block(reader.block("network"));
  const SegmentInput input = segment_input_from_block(reader.block("input"));
  if (network.family == "residual_unet" || network.arguments.value("dims", 2) == 3) {
    VolumeTaskOptions options = volume_task_options(reader, std::move(network), input);
    options.cache = places.cache / "volumes";
    return make_volume_task(volumes_from_block(reader.block("data"), places), std::move(options));
  }
  if (!input.patch.empty())
    throw Error(ErrorCode::bad_recipe, "train.segment.input: 'patch' is of 3D networks; 2D ones learn 'size' pixels");
  SegmentTaskOptions options;
  options.network = std::move(network);
  options.input = input;
  Mixture data = mixture_from_block(reader.block("data"), places);
  options.size = int(reader.integer("size", options.size, 32, 2048));
  options.augment = augment_options(reader.block("augment"));
  options.loss.bce = reader.number("cross_entropy", options.loss.bce, 0, 100);
  options.loss.batch = reader.boolean("dice_by_batch", options.loss.batch);
  return make_segment_task(std::move(data), std::move(options));
}

/// How slices are varied for the detector.
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
  DetectExampleOptions& examples = options.examples;
  examples.crop = int(reader.integer("crop", examples.crop, 0, examples.input.size));
  examples.crop_on_lesion = reader.number("crop_on_lesion", examples.crop_on_lesion, 0, 1);
  if (examples.crop % 32 != 0)
    throw Error(ErrorCode::bad_recipe,
                fmt::format("train.detect.crop is {}; it must be a multiple of 32", examples.crop));
  if (reader.has("yolo_augment")) options.yolo = yolo_augment_options(reader.block("yolo_augment"));
  if (options.yolo && options.examples.input.mode != "window")
    throw Error(ErrorCode::bad_recipe,
                "train.detect: yolo_augment varies grey pictures; say 'mode: window' in 'input'");
  options.choose = reader.choice("choose", options.choose, {"average_precision", "fitness"});
  options.loss.box_gain = reader.number("box_gain", options.loss.box_gain, 0, 1000);
  options.loss.class_gain = reader.number("class_gain", options.loss.class_gain, 0, 1000);
  options.loss.dfl_gain = reader.number("dfl_gain", options.loss.dfl_gain, 0, 1000);
  return make_detect_task(std::move(data), std::move(options));
}

/// Where a checkpoint that training builds on lies: below `out`, or installed; below `out` where it is nowhere, for the
/// message.
fs::path found_checkpoint(const fs::path& name, const fs::path& out) {
  if (fs::exists(out / name)) return out / name;
  for (const fs::path& folder : installed_folders("models"))
    if (fs::exists(folder / name)) return folder / name;
  return out / name;
}

std::shared_ptr<Predictor> trained_model(OptionReader& reader, const std::string& key, const fs::path& out) {
  const fs::path file = found_checkpoint(reader.text(key, fmt::format("{0}/{0}.safetensors", key)), out);
  if (!fs::exists(file))
    throw Error(
        ErrorCode::not_found,
        fmt::format(
            "train.verify.{}: {} does not exist; train it first, or name an installed model", key, file.string()));
  return make_predictor(file, {});
}

std::unique_ptr<Task> verify_task(
    OptionReader& reader, const Block& stages, StudyMixture data, const TrainRequest& request, const fs::path& cache) {
  VerifyTaskOptions options;
  options.network = graph_from_block(reader.block("network"));
  options.augment = view_augment_options(reader.block("augment"));
  options.lesions = size_t(reader.integer("lesions", int64_t(options.lesions), 1, 100));
  options.others = size_t(reader.integer("others", int64_t(options.others), 1, 100));
  VerifyInput input = verify_input_from_block(reader.block("input"));
  const auto options_of = [&](const char* stage) { return stages.child(stage).child("options"); };
  DetectOptions found = read_detect_options(options_of("detect"));
  found.confidence = input.confidence;
  const auto segmenter = trained_model(reader, "segment", request.out),
             detector = trained_model(reader, "detect", request.out);
  input.detector = YoloV8(detector, found).input();
  if (options.network.arguments.value("in_channels", int64_t(3)) != input.channels() ||
      options.network.arguments.value("classes", int64_t(0)) != 2)
    throw Error(ErrorCode::bad_recipe,
                fmt::format("train.verify: the network needs 'classes: 2' and, by its input, 'in_channels: {}' among "
                            "its arguments",
                            input.channels()));
  CandidateStages before;
  before.segmenter = make_dynunet_segmenter(segmenter, read_segment_options(options_of("segment")));
  before.detector = make_yolov8_detector(detector, found);
  before.link = read_link_options(options_of("link"));
  before.identity = segmenter->checkpoint_sha256() + detector->checkpoint_sha256();
  for (const char* stage : {"segment", "detect", "link"}) before.identity += json_from_block(options_of(stage)).dump();
  auto store =
      std::make_unique<CandidateStore>(std::move(data), std::move(input), std::move(before), cache / "candidates");
  return make_verify_task(std::move(store), std::move(options));
}

/// Block `scarcity`: what is done against few and unequally many samples.
void read_scarcity(const Block& block, ClassifyTaskOptions& options) {
  OptionReader reader(block);
  options.examples.mix = mix_options(reader);
  nn::ClassLossOptions& loss = options.class_loss;
  loss.name = reader.choice("loss", loss.name, {"cross_entropy", "focal", "class_balanced", "balanced_softmax"});
  loss.gamma = reader.number("gamma", loss.gamma, 0, 20);
  loss.beta = reader.number("class_beta", loss.beta, 0, 0.999999);
  reader.finish();
  if (options.examples.mix.sides.empty()) options.examples.mix.sides = options.members;
}

void check_classifier(const ClassifyTaskOptions& options) {
  const std::string place = "train.classify." + options.role;
  const int64_t channels = options.examples.input.channels();
  if (options.network.arguments.value("in_channels", int64_t(3)) != channels)
    throw Error(ErrorCode::bad_recipe,
                fmt::format("{}: the input has {} channels; say 'in_channels: {}' among the network's arguments",
                            place,
                            channels,
                            channels));
  if (options.network.family == "lilnet" && options.class_loss.name != "cross_entropy")
    throw Error(ErrorCode::bad_recipe,
                fmt::format("{}.scarcity.loss: '{}' is not defined for LiLNet's joint labels; use cross_entropy, or "
                            "another network",
                            place,
                            options.class_loss.name));
  if (!options.network.outputs.count("logits") && options.network.family != "lilnet")
    throw Error(ErrorCode::bad_recipe, fmt::format("{}: '{}' is no classifier", place, options.network.family));
}

std::unique_ptr<Task> classify_task(OptionReader& reader, const std::string& role, const Block& network, Mixture data) {
  ClassifyTaskOptions options;
  options.role = role;
  options.network = graph_from_block(network);
  reader.block("network");
  reader.block("networks");
  options.examples.input = classify_input_from_block(reader.block("input"));
  options.examples.augment = augment_options(reader.block("augment"));
  options.classes = reader.texts("classes", {});
  OptionReader members(reader.block("members"));
  for (const std::string& name : options.classes) {
    if (members.has(name)) options.members[name] = members.texts(name, {});
  }
  members.finish();
  options.examples.box_jitter_px = reader.number("box_jitter_px", options.examples.box_jitter_px, 0, 200);
  options.examples.phase_dropout = reader.number("phase_dropout", options.examples.phase_dropout, 0, 1);
  read_scarcity(reader.block("scarcity"), options);
  options.crop_augment = crop_augment_options(reader.block("crop_augment"));
  options.sampling = reader.choice("sampling", options.sampling, {"balanced", "all", "oversample"});
  options.loss.beta = reader.number("beta", options.loss.beta, 0, 100);
  options.loss.self_distillation = reader.boolean("self_distillation", options.loss.self_distillation);
  options.loss.temperature = reader.number("temperature", options.loss.temperature, 0.01, 100);
  options.smoothing = reader.number("smoothing", options.smoothing, 0, 0.9);
  if (options.classes.size() < 2)
    throw Error(ErrorCode::bad_recipe, "train.classify." + role + ": 'classes' needs two or more names");
  check_classifier(options);
  return make_classify_task(std::move(data), std::move(options));
}

/// What the role needs of data of one's own. Keys are read again, and checked, by the role's task.
DataNeeds needs_of(const Block& block, const std::string& role) {
  DataNeeds needs;
  needs.each_lesion = is_classifier(role);
  needs.liver = role == "segment";
  needs.lesions = role == "detect";
  if (!needs.each_lesion) return needs;
  OptionReader reader(block);
  const std::vector<std::string> classes = reader.texts("classes", {});
  OptionReader members(reader.block("members"));
  for (const std::string& name : classes) {
    needs.labels.push_back(name);
    if (!members.has(name)) continue;
    for (const std::string& label : members.texts(name, {})) needs.labels.push_back(label);
  }
  return needs;
}

}  // namespace

std::vector<std::string> roles_to_train(const Block& recipe, const std::vector<std::string>& stages) {
  const Block train = recipe.child("train");
  std::vector<std::string> known, wanted;
  for (const char* role : kStages) {
    if (train.node && train.node[role]) known.push_back(role);
  }
  if (train.node && train.node["classify"]) {
    for (const auto& entry : train.node["classify"])
      for (const std::string& role : roles_of_task(train, entry.first.as<std::string>())) known.push_back(role);
  }
  if (stages.empty()) wanted = known;
  for (const std::string& stage : stages) {
    const bool is_task = train.node && train.node["classify"] && train.node["classify"][stage];
    const std::vector<std::string> of_task = is_task ? roles_of_task(train, stage) : std::vector<std::string>();
    bool found = false;
    for (const std::string& role : known) {
      const bool meant = stage == role || (stage == "classify" && is_classifier(role)) ||
                         std::find(of_task.begin(), of_task.end(), role) != of_task.end();
      found = found || meant;
      if (meant && std::find(wanted.begin(), wanted.end(), role) == wanted.end()) wanted.push_back(role);
    }
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
  const Role found = role_of(recipe, role);
  OptionReader reader(found.block);
  const fs::path cache = request.cache.empty() ? request.out / "cache" : request.cache;
  const DataPlaces places{request.data, cache, request.seed, needs_of(found.block, role), request.fold};
  reader.block("fit");
  const auto slices = [&] { return mixture_from_block(reader.block("data"), places); };
  const auto studies = [&] { return studies_from_block(reader.block("data"), places); };
  std::unique_ptr<Task> task = role == "segment"  ? segment_task(reader, places)
                               : role == "detect" ? detect_task(reader, slices())
                               : role == "verify"
                                   ? verify_task(reader, recipe.child("stages"), studies(), request, cache)
                                   : classify_task(reader, role, found.network, slices());
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

/// `text` with the network's name wherever it says {network}.
std::string for_network(std::string text, const std::string& network) {
  constexpr std::string_view kPlace = "{network}";
  for (size_t at = text.find(kPlace); at != std::string::npos; at = text.find(kPlace, at + network.size()))
    text.replace(at, kPlace.size(), network);
  return text;
}

/// The options of a role's fit, with what the request says instead.
FitOptions fit_options_of(const Role& role, const TrainRequest& request) {
  FitOptions options = fit_options(role.block.child("fit"));
  options.seed = request.seed;
  if (!options.start_from.empty())
    options.start_from = found_checkpoint(for_network(options.start_from.string(), role.network_name), request.out);
  if (!request.start_from.empty()) {
    options.start_from = request.start_from;
    options.start_with = "matching";
  }
  return options;
}

/// Error{usage} where --data would be passed over in silence.
void require_data_is_used(const Block& recipe, const std::vector<std::string>& roles, const fs::path& data) {
  if (data.empty()) return;
  std::string names;
  for (const std::string& role : roles) {
    if (uses_own_data(role_of(recipe, role).block.child("data"))) return;
    names += (names.empty() ? "" : ", ") + role;
  }
  throw Error(ErrorCode::usage,
              fmt::format("--data: the recipe {} trains {} on synthetic patients alone and would not look at {}; leave "
                          "out --data, or put `manifest: {{share: 1}}` (or `slices`, for a folder with images/ and "
                          "masks/) into the stage's block `data`",
                          recipe.file,
                          names,
                          data.string()));
}

}  // namespace

std::vector<std::pair<std::string, FitResult>> train(const Block& recipe, const TrainRequest& request) {
  hold_networks_to_thread_count();
  const std::unique_ptr<Workers> workers = find_workers(request.worker_limit_s);
  const FitPlace place{workers.get(),
                       training_device(request.device, workers->place().local_rank).str(),
                       request.versions,
                       request.after_epoch};
  std::vector<std::pair<std::string, FitResult>> results;
  const std::vector<std::string> roles = roles_to_train(recipe, request.stages);
  require_data_is_used(recipe, roles, request.data);
  for (const std::string& role : roles) {
    const Role found = role_of(recipe, role);
    const Block& block = found.block;
    const FitOptions options = fit_options_of(found, request);
    const std::unique_ptr<Task> task = make_task(recipe, role, request);
    const nlohmann::json provenance{{"recipe", fs::path(recipe.file).filename().string()},
                                    {"effective", json_from_block(block)},
                                    {"network", json_from_block(found.network)},
                                    {"seed", request.seed},
                                    {"data", task->data().describe()}};
    log_info("{}: {} training items, {} an epoch, {} parameters, on {}",
             role,
             task->data().training_size(),
             task->epoch_size(),
             nn::parameter_count(task->graph()),
             place.device);
    FitResult result = fit(*task, options, request.out / role, request.resume, provenance, place);
    if (!workers->leads()) continue;
    write_file(request.out / role / "split.csv", task->data().split_table());
    if (is_classifier(role)) write_predictions(*task, result.best, request.out / role);
    if (role == "detect") write_found_boxes(*task, result.best, request.out / role);
    results.emplace_back(role, std::move(result));
  }
  return results;
}

}  // namespace hepatica::train
