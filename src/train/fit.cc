#include "train/fit.h"

#include <ATen/autocast_mode.h>
#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <fstream>

#include "base/error.h"
#include "base/log.h"
#include "base/threads.h"
#include "dataset/prefetch.h"
#include "nn/checkpoint.h"
#include "train/optimizer.h"
#include "train/precision.h"

namespace hepatica::train {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// The network before the first step: drawn from the seed, or the weights of `start_from`.
nn::Network first_network(const Task& task, const FitOptions& options) {
  nn::Network network(task.graph(), options.seed);
  if (options.start_from.empty()) return network;
  if (!fs::exists(options.start_from)) {
    throw Error(
        ErrorCode::not_found,
        options.start_from.string() + ", from which fit.start_from says to start, does not exist; train it first");
  }
  network.load(nn::read_checkpoint(options.start_from).tensors, options.start_from.string());
  return network;
}

/// Everything that changes during training.
struct State {
  nn::Network network;
  Optimizer optimizer;
  MovingAverage average;
  int64_t steps_per_epoch;
  FitResult result;
  int waited = 0;  ///< validations since the best one

  State(const Task& task, const FitOptions& options)
      : network(first_network(task, options)),
        optimizer((network.use_channels_last(), network.named_trainable()),
                  {options.optimizer, options.weight_decay, options.momentum, options.nesterov}),
        average(network.state(), options.ema),
        steps_per_epoch(options.steps > 0
                            ? options.steps
                            : std::max<int64_t>(1, int64_t(task.data().training_size()) / options.batch)) {}
};

nlohmann::json json_from_record(const EpochRecord& record) {
  nlohmann::json validation = nlohmann::json::array();
  for (const auto& [name, value] : record.validation) validation.push_back({name, value});
  return {{"epoch", record.epoch},
          {"learning_rate", record.learning_rate},
          {"loss", record.loss},
          {"validation", validation}};
}

EpochRecord record_from_json(const nlohmann::json& json) {
  EpochRecord record{json.at("epoch"), json.at("learning_rate"), json.at("loss"), {}};
  for (const auto& pair : json.at("validation")) record.validation.emplace_back(pair.at(0), pair.at(1));
  return record;
}

/// What a resumed run must share with the one that it goes on from.
std::string identity(const Task& task, const FitOptions& options, const nlohmann::json& provenance) {
  return sha256(
      task.metadata().dump() + task.graph().arguments.dump() + provenance.dump() +
      fmt::format("{} {} {} {} {}", options.epochs, options.steps, options.batch, options.seed, options.precision));
}

void save_state(const State& state, const fs::path& path, const std::string& run) {
  nn::Checkpoint all;
  for (const auto& [key, value] : state.network.state()) all.tensors["network." + key] = value.detach();
  for (const auto& [key, value] : state.average.values()) all.tensors["average." + key] = value;
  for (const auto& [key, value] : state.optimizer.state()) all.tensors["optimizer." + key] = value;
  nlohmann::json epochs = nlohmann::json::array();
  for (const EpochRecord& record : state.result.epochs) epochs.push_back(json_from_record(record));
  all.metadata = {{"run", run},
                  {"epochs", epochs},
                  {"best_epoch", state.result.best_epoch},
                  {"best_score", state.result.best_score},
                  {"waited", state.waited},
                  {"updates", state.average.updates()}};
  nn::write_checkpoint(path, all, false);
}

nn::TensorMap with_prefix(const nn::TensorMap& all, const std::string& prefix) {
  nn::TensorMap some;
  for (const auto& [key, value] : all) {
    if (key.rfind(prefix, 0) == 0) some[key.substr(prefix.size())] = value;
  }
  return some;
}

void load_state(State& state, const fs::path& path, const std::string& run) {
  const nn::Checkpoint all = nn::read_checkpoint(path);
  if (all.metadata.value("run", "") != run) {
    throw Error(
        ErrorCode::wrong_checkpoint,
        path.string() +
            " is the state of a run with another recipe, seed or data; give another --out or leave out --resume");
  }
  state.network.load(with_prefix(all.tensors, "network."), path.string());
  state.average.set_state(with_prefix(all.tensors, "average."), all.metadata.at("updates"));
  state.optimizer.set_state(with_prefix(all.tensors, "optimizer."));
  for (const auto& record : all.metadata.at("epochs")) state.result.epochs.push_back(record_from_json(record));
  state.result.best_epoch = all.metadata.at("best_epoch");
  state.result.best_score = all.metadata.at("best_score");
  state.waited = all.metadata.at("waited");
}

void save_model(
    const Task& task, const nn::TensorMap& values, const fs::path& path, nlohmann::json provenance, int epoch) {
  nn::Checkpoint model;
  for (const auto& [key, value] : values) {
    if (key.size() < 19 || key.substr(key.size() - 19) != "num_batches_tracked") model.tensors[key] = value.detach();
  }
  const nn::Graph graph = task.graph();
  model.metadata = task.metadata();
  model.metadata["network"] = {{"family", graph.family}, {"arguments", graph.arguments}};
  provenance["epoch"] = epoch;
  model.metadata["provenance"] = provenance;
  nn::write_checkpoint(path, model, true);
}

/// `provenance` with the figures on validation, by which networks of one task can be told apart.
nlohmann::json with_figures(nlohmann::json provenance, const Metrics& validation) {
  for (const auto& [name, value] : validation) provenance["validation"][name] = value;
  return provenance;
}

void write_metrics(const FitResult& result, const fs::path& path) {
  std::string text = "epoch,learning_rate,loss";
  for (const EpochRecord& record : result.epochs) {
    if (record.validation.empty()) continue;
    for (const auto& [name, value] : record.validation) text += "," + name;
    break;
  }
  text += "\n";
  for (const EpochRecord& record : result.epochs) {
    text += fmt::format("{},{:.6g},{:.6g}", record.epoch, record.learning_rate, record.loss);
    for (const auto& [name, value] : record.validation) text += fmt::format(",{:.6g}", value);
    text += "\n";
  }
  write_file(path, text);
}

/// One epoch of steps; gives the mean loss.
double train_epoch(const Task& task, const FitOptions& options, State& state, int epoch) {
  const Rng rng = Rng(options.seed).fork(uint64_t(epoch));
  const size_t batch = size_t(options.batch), steps = size_t(state.steps_per_epoch);
  const std::vector<MixtureItem> items = task.draw(steps * batch, rng.fork(0));
  Prefetcher<Batch> loader(steps, size_t(options.loader_threads), 4, [&](size_t step) {
    const std::vector<MixtureItem> mine(items.begin() + int64_t(step * batch),
                                        items.begin() + int64_t((step + 1) * batch));
    return task.training_batch(mine, rng.fork(1 + step));
  });
  const bool half = use_bf16(options.precision);
  double sum = 0;
  for (size_t step = 0; step < steps; ++step) {
    check_interrupted();
    const Batch data = loader.next();
    state.optimizer.zero_gradients();
    const auto outputs = forward(state.network, data.input, true, task.outputs(), half);
    const torch::Tensor loss = task.loss(outputs, data);
    const double value = loss.item<double>();
    if (!std::isfinite(value)) {
      throw Error(
          ErrorCode::bad_values,
          fmt::format("the loss became {} at epoch {}, step {}: lower fit.learning_rate, raise fit.warmup_steps or "
                      "set fit.precision to f32",
                      value,
                      epoch,
                      step + 1));
    }
    loss.backward();
    state.optimizer.clip_gradients(options.clip);
    const int64_t done = int64_t(epoch - 1) * state.steps_per_epoch + int64_t(step);
    state.optimizer.step(options.learning_rate * rate_factor(options, done, state.steps_per_epoch));
    state.average.update(state.network.state());
    sum += value;
  }
  return sum / double(steps);
}

Metrics validate(const Task& task, const FitOptions& options, const State& state) {
  nn::Network network(task.graph());
  network.load(state.average.values(), "moving average");
  network.use_channels_last();
  const std::vector<MixtureItem> items = task.data().validation(size_t(options.most_validation));
  const size_t batch = size_t(options.batch), count = (items.size() + batch - 1) / batch;
  Prefetcher<Batch> loader(count, size_t(options.loader_threads), 4, [&](size_t n) {
    return task.validation_batch(
        {items.begin() + int64_t(n * batch), items.begin() + int64_t(std::min(items.size(), (n + 1) * batch))});
  });
  const torch::NoGradGuard no_grad;
  const auto validation = task.validation();
  for (size_t n = 0; n < count; ++n) {
    const Batch data = loader.next();
    validation->add(forward(network, data.input, false, task.outputs(), use_bf16(options.precision)), data);
  }
  return validation->metrics();
}

std::string figures(const Metrics& metrics) {
  std::string text;
  for (const auto& [name, value] : metrics) text += fmt::format(" {} {:.4f}", name, value);
  return text;
}

}  // namespace

double rate_factor(const FitOptions& options, int64_t step, int64_t steps_per_epoch) {
  const double total = double(options.epochs) * double(steps_per_epoch), done = double(step) / total;
  const double warm = step < options.warmup_steps ? double(step + 1) / double(options.warmup_steps + 1) : 1;
  if (options.schedule == "cosine")
    return warm * (options.final_rate + (1 - options.final_rate) * 0.5 * (1 + std::cos(done * M_PI)));
  if (options.schedule == "linear") return warm * (1 - done * (1 - options.final_rate));
  double factor = warm;
  if (options.schedule == "step") {
    for (const double epoch : options.step_epochs) {
      if (double(step) >= epoch * double(steps_per_epoch)) factor *= options.step_factor;
    }
  }
  return factor;
}

FitResult fit(const Task& task,
              const FitOptions& options,
              const fs::path& folder,
              bool resume,
              const nlohmann::json& provenance) {
  fs::create_directories(folder);
  const std::string run = identity(task, options, provenance);
  State state(task, options);
  state.result.best = folder / (task.role() + ".safetensors");
  state.result.last = folder / "last.safetensors";
  const fs::path state_path = folder / "state.safetensors";
  if (resume && fs::exists(state_path)) load_state(state, state_path, run);
  write_file(folder / "run.json",
             nlohmann::json{{"role", task.role()},
                            {"data", task.data().describe()},
                            {"provenance", provenance},
                            {"parameters", nn::parameter_count(task.graph())},
                            {"threads", at::get_num_threads()}}
                     .dump(2) +
                 "\n");
  const int first = int(state.result.epochs.size()) + 1;
  const auto start = Clock::now();
  for (int epoch = first; epoch <= options.epochs; ++epoch) {
    if (options.patience > 0 && state.waited >= options.patience) break;
    const auto epoch_start = Clock::now();
    EpochRecord record;
    record.epoch = epoch;
    record.learning_rate =
        options.learning_rate * rate_factor(options, int64_t(epoch) * state.steps_per_epoch - 1, state.steps_per_epoch);
    record.loss = train_epoch(task, options, state, epoch);
    const double pace = double(state.steps_per_epoch * options.batch) / seconds_since(epoch_start);
    if (epoch % options.validate_every == 0 || epoch == options.epochs) {
      record.validation = validate(task, options, state);
      const double score = record.validation.front().second;
      ++state.waited;
      if (state.result.best_epoch == 0 || score >= state.result.best_score) {
        state.result.best_epoch = epoch;
        state.result.best_score = score;
        state.waited = 0;
        save_model(task, state.average.values(), state.result.best, with_figures(provenance, record.validation), epoch);
      }
    }
    state.result.epochs.push_back(record);
    save_state(state, state_path, run);
    write_metrics(state.result, folder / "metrics.csv");
    const double left = seconds_since(start) / double(epoch - first + 1) * double(options.epochs - epoch);
    log_info("{} epoch {}/{}: loss {:.4f}{}; {:.1f} images/s, {:.0f} min left",
             task.role(),
             epoch,
             options.epochs,
             record.loss,
             figures(record.validation),
             pace,
             left / 60);
  }
  if (!state.result.epochs.empty())
    save_model(task, state.average.values(), state.result.last, provenance, state.result.epochs.back().epoch);
  return state.result;
}

FitOptions fit_options(const Block& block) {
  FitOptions o;
  OptionReader reader(block);
  o.start_from = reader.text("start_from", "");
  o.epochs = int(reader.integer("epochs", o.epochs, 1, 100000));
  o.steps = int(reader.integer("steps", o.steps, 0, 1000000));
  o.batch = int(reader.integer("batch", o.batch, 1, 4096));
  o.optimizer = reader.choice("optimizer", o.optimizer, {"adamw", "sgd"});
  o.learning_rate = reader.number("learning_rate", o.learning_rate, 0, 100);
  o.weight_decay = reader.number("weight_decay", o.weight_decay, 0, 10);
  o.momentum = reader.number("momentum", o.momentum, 0, 1);
  o.nesterov = reader.boolean("nesterov", o.nesterov);
  o.schedule = reader.choice("schedule", o.schedule, {"constant", "cosine", "linear", "step"});
  o.final_rate = reader.number("final_rate", o.final_rate, 0, 1);
  o.step_epochs = reader.numbers("step_epochs", o.step_epochs, 0, 100000);
  o.step_factor = reader.number("step_factor", o.step_factor, 0, 1);
  o.warmup_steps = int(reader.integer("warmup_steps", o.warmup_steps, 0, 1000000));
  o.clip = reader.number("clip", o.clip, 0, 1e9);
  o.ema = reader.number("ema", o.ema, 0, 1);
  o.validate_every = int(reader.integer("validate_every", o.validate_every, 1, 100000));
  o.patience = int(reader.integer("patience", o.patience, 0, 100000));
  o.most_validation = int(reader.integer("most_validation", o.most_validation, 1, 1000000));
  o.precision = reader.choice("precision", o.precision, {"auto", "f32", "bf16"});
  o.loader_threads = int(reader.integer("loader_threads", o.loader_threads, 1, 256));
  reader.finish();
  return o;
}

}  // namespace hepatica::train
