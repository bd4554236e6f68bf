#include "train/run_manifest.h"

#include <torch/version.h>

#include <cmath>

#include "train/precision.h"

namespace hepatica::train {
namespace {

double milliseconds(double seconds) { return std::round(seconds * 1000) / 1000; }

}  // namespace

RunManifest::RunManifest(fs::path file, nlohmann::json about, bool resume)
    : file_(std::move(file)), content_(std::move(about)) {
  content_["pace"] = nlohmann::json::array();
  if (!resume || !fs::exists(file_)) return;
  const nlohmann::json before = nlohmann::json::parse(read_file(file_), nullptr, false);
  if (before.is_object() && before.contains("pace") && before["pace"].is_array()) content_["pace"] = before["pace"];
}

void RunManifest::add(int epoch, const Pace& pace) {
  nlohmann::json& all = content_["pace"];
  // An epoch that was cut off after its times were written is done anew.
  while (!all.empty() && all.back().value("epoch", 0) >= epoch) all.erase(all.size() - 1);
  all.push_back({{"epoch", epoch},
                 {"waiting_s", milliseconds(pace.waiting_s)},
                 {"computing_s", milliseconds(pace.computing_s)},
                 {"validating_s", milliseconds(pace.validating_s)},
                 {"busy", milliseconds(pace.busy())}});
}

void RunManifest::write() const { write_file(file_, content_.dump(2) + "\n"); }

nlohmann::json about_run(const Task& task,
                         const FitOptions& options,
                         const nlohmann::json& provenance,
                         const FitPlace& place) {
  nlohmann::json versions = place.versions.is_object() ? place.versions : nlohmann::json::object();
  versions["libtorch"] = TORCH_VERSION;
  return {{"role", task.role()},
          {"data", task.data().describe()},
          {"provenance", provenance},
          {"seed", options.seed},
          {"parameters", nn::parameter_count(task.graph())},
          {"resolved",
           {{"optimizer", options.optimizer},
            {"learning_rate", options.learning_rate},
            {"weight_decay", options.weight_decay},
            {"momentum", options.momentum},
            {"items_an_epoch", task.epoch_size()}}},
          {"threads", at::get_num_threads()},
          {"workers", place.workers ? place.workers->size() : 1},
          {"device", place.device},
          {"bf16", use_bf16(options.precision, torch::Device(place.device))},
          {"versions", versions}};
}

}  // namespace hepatica::train
