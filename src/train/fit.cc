#include "train/fit.h"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <fstream>

#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/progress.h"
#include "base/threads.h"
#include "dataset/prefetch.h"
#include "nn/checkpoint.h"
#include "nn/load_matching.h"
#include "nn/worker_sum.h"
#include "train/optimizer.h"
#include "train/precision.h"
#include "train/run_manifest.h"
#include "train/schedule.h"

namespace hepatica::train {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// Takes from `start_from` what fits, and says what did not.
void start_with_matching(nn::Network& network, const nn::TensorMap& values, const std::string& source) {
  const nn::KeyMatch match = nn::load_matching(network, values, source);
  log_info("{} gives {} of {} tensors; the others stay random:{}",
           source,
           network.state().size() - match.missing.size() - match.misshapen.size(),
           network.state().size(),
           match.fits() ? " none" : match.text());
}

/// The checkpoint's tensors, its last layer put together anew for the classes of the task.
nn::TensorMap with_rows_of_classes(const Task& task, const nn::Network& network, const nn::Checkpoint& given) {
  const auto classes = [](const nlohmann::json& metadata) {
    return metadata.is_object() ? metadata.value("classes", std::vector<std::string>()) : std::vector<std::string>();
  };
  return with_class_rows(
      given.tensors, classes(given.metadata), network.state(), classes(task.metadata()), task.members());
}

/// The network before the first step: drawn from the seed, or the weights of `start_from`.
nn::Network first_network(const Task& task, const FitOptions& options, const FitPlace& place) {
  nn::Network network(task.graph(), options.seed);
  if (!options.start_from.empty()) {
    const std::string source = options.start_from.string();
    if (!fs::exists(options.start_from))
      throw Error(ErrorCode::not_found, source + ", from which fit.start_from says to start, does not exist");
    const nn::Checkpoint given = nn::read_checkpoint(options.start_from);
    if (options.start_with == "classes")
      start_with_matching(network, with_rows_of_classes(task, network, given), source);
    else
      options.start_with == "matching" ? start_with_matching(network, given.tensors, source)
                                       : network.load(given.tensors, source);
  }
  network.use_channels_last();
  network.to(torch::Device(place.device));
  return network;
}

/// Batches of an epoch.
int64_t steps_of_epoch(const Task& task, const FitOptions& options) {
  if (options.steps > 0) return options.steps;
  const int64_t items = int64_t(task.epoch_size()), batch = options.batch;
  return std::max<int64_t>(1, options.drop_last ? items / batch : (items + batch - 1) / batch);
}

/// Everything that changes during training.
struct State {
  nn::Network network;
  Optimizer optimizer;
  MovingAverage average;
  int64_t steps_per_epoch;
  FitResult result;
  int waited = 0;  ///< validations since the best one

  State(const Task& task, const FitOptions& options, const FitPlace& place)
      : network(first_network(task, options, place)),
        optimizer(network.named_trainable(),
                  {options.optimizer, options.weight_decay, options.decay_all, options.nesterov}),
        average(network.state(), options.ema, options.ema_ramp),
        steps_per_epoch(steps_of_epoch(task, options)) {}
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
  for (const auto& [key, value] : state.network.state()) all.tensors["network." + key] = value.detach().cpu();
  for (const auto& [key, value] : state.average.values()) all.tensors["average." + key] = value.cpu();
  for (const auto& [key, value] : state.optimizer.state()) all.tensors["optimizer." + key] = value.cpu();
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

void load_state(State& state, const nn::Checkpoint& all, const fs::path& path, const std::string& run) {
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
    if (!key.ends_with("num_batches_tracked")) model.tensors[key] = value.detach().cpu();
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

/// Names of the figures on the validation part; none before the first validation.
std::vector<std::string> figure_names(const FitResult& result) {
  std::vector<std::string> names;
  for (const EpochRecord& record : result.epochs) {
    if (!names.empty()) break;
    for (const auto& [name, value] : record.validation) names.push_back(name);
  }
  return names;
}

void write_metrics(const FitResult& result, const fs::path& path) {
  const std::vector<std::string> names = figure_names(result);
  std::string text = "epoch,learning_rate,loss";
  for (const std::string& name : names) text += "," + name;
  text += "\n";
  for (const EpochRecord& record : result.epochs) {
    text += fmt::format("{},{:.6g},{:.6g}", record.epoch, record.learning_rate, record.loss);
    for (const auto& [name, value] : record.validation) text += fmt::format(",{:.6g}", value);
    if (record.validation.empty()) text.append(names.size(), ',');
    text += "\n";
  }
  write_file(path, text);
}

/// What one worker does in a batch of `items`: the items at `rank`'s place; where there are fewer than workers, the
/// last ones run an item that does not count, so that all take part in every exchange.
struct Portion {
  Share share;
  bool idle;
};
Portion portion_of(size_t items, const Workers& workers) {
  const size_t rank = size_t(workers.rank()), size = size_t(workers.size());
  const size_t first = items * rank / size, end = items * (rank + 1) / size;
  return first == end ? Portion{{0, 1}, true} : Portion{{first, end - first}, false};
}

size_t loader_threads(const FitOptions& options) { return size_t(options.loader_threads); }

/// Batches that are made before they are asked for: one of each thread, and some that lie ready.
size_t batches_ahead(const FitOptions& options) { return loader_threads(options) + 3; }

/// The batches of one epoch, of which this worker makes its share.
class Epoch {
 public:
  Epoch(const Task& task, const FitOptions& options, const Workers& workers, int64_t steps, int epoch)
      : rng_(Rng(options.seed).fork(uint64_t(epoch))), batch_(size_t(options.batch)) {
    const size_t all = size_t(steps) * batch_;
    items_ = task.draw(options.steps > 0 ? all : std::min(all, task.epoch_size()), rng_.fork(0));
    const bool closing = epoch > options.epochs - options.closing_epochs;
    loader_ = std::make_unique<Prefetcher<Batch>>(
        size_t(steps), loader_threads(options), batches_ahead(options), [this, &task, &workers, closing](size_t step) {
          const std::vector<MixtureItem> mine = items_of(step);
          Share share = portion_of(mine.size(), workers).share;
          share.closing = closing;
          return task.training_share(mine, share, rng_.fork(1 + step));
        });
  }
  Batch next() { return loader_->next(); }
  size_t items_at(size_t step) const { return items_of(step).size(); }

 private:
  std::vector<MixtureItem> items_of(size_t step) const {
    const size_t first = std::min(items_.size(), step * batch_), end = std::min(items_.size(), first + batch_);
    return {items_.begin() + int64_t(first), items_.begin() + int64_t(end)};
  }

  Rng rng_;
  size_t batch_;
  std::vector<MixtureItem> items_;
  std::unique_ptr<Prefetcher<Batch>> loader_;  // last: its threads use the others
};

Batch moved(Batch batch, const torch::Device& device) {
  if (device.is_cpu()) return batch;
  batch.input = batch.input.to(device);
  for (auto& [name, value] : batch.targets) value = value.to(device);
  return batch;
}

void require_finite(double loss, int epoch, size_t step) {
  if (std::isfinite(loss)) return;
  throw Error(ErrorCode::bad_values,
              fmt::format("the loss became {} at epoch {}, step {}: lower fit.learning_rate, raise fit.warmup_steps or "
                          "set fit.precision to f32",
                          loss,
                          epoch,
                          step + 1));
}

/// Adds the gradients of this worker's share to `state.network`'s, divided by `divisor`; gives the loss of the whole
/// batch. Shares weigh by their rows, so that the workers' sum is the mean of the whole batch.
double add_gradients(
    const Task& task, State& state, const Workers& workers, const Batch& data, bool half, bool idle, double divisor) {
  const auto outputs = forward(state.network, data.input, true, task.outputs(), half);
  const torch::Tensor loss = task.loss(outputs, data);
  if (workers.alone()) {
    (divisor == 1 ? loss : loss / divisor).backward();
    return loss.item<double>();
  }
  const double rows = idle ? 0 : double(data.input.size(0));
  torch::Tensor sums = torch::tensor({rows, rows * loss.item<double>()});
  workers.sum(sums);
  const double all = sums[0].item<double>();
  (loss * (rows / all / divisor)).backward();
  return sums[1].item<double>() / all;
}

/// One step of the optimiser on the gradients that were put together, summed over the workers.
void take_step(const FitOptions& options, State& state, const Workers& workers, const StepRates& rates) {
  workers.sum(state.optimizer.gradients());
  state.optimizer.clip_gradients(options.clip);
  state.optimizer.step(rates);
  state.optimizer.zero_gradients();
  state.average.update(state.network.state());
}

/// One epoch of steps; gives the mean loss.
double train_epoch(const Task& task,
                   const FitOptions& options,
                   State& state,
                   const Workers& workers,
                   const torch::Device& device,
                   int epoch,
                   Progress& progress,
                   Pace& pace) {
  const size_t steps = size_t(state.steps_per_epoch);
  Epoch batches(task, options, workers, state.steps_per_epoch, epoch);
  const bool half = use_bf16(options.precision, device);
  bool idle = false;
  const nn::WorkerSumScope scope(
      workers.alone() ? nn::WorkerSum()
                      : [&](const torch::Tensor& values) { return workers.differentiable_sum(values, idle); },
      options.shared_batch_norms);
  double sum = 0;
  int64_t together = 0;
  state.optimizer.zero_gradients();
  for (size_t step = 0; step < steps; ++step) {
    check_interrupted();
    const auto asked = Clock::now();
    const Batch data = moved(batches.next(), device);
    pace.waiting_s += seconds_since(asked);
    const auto given = Clock::now();
    const int64_t done = int64_t(epoch - 1) * state.steps_per_epoch + int64_t(step);
    const int64_t wanted = accumulated_batches(options, done, state.steps_per_epoch);
    idle = portion_of(batches.items_at(step), workers).idle;
    const double loss = add_gradients(task, state, workers, data, half, idle, task.loss_is_sum() ? 1 : double(wanted));
    require_finite(loss, epoch, step);
    sum += loss;
    // An epoch ends with a step, so that a resumed run has nothing left over.
    if (++together >= wanted || step + 1 == steps) {
      take_step(options, state, workers, step_rates(options, done, state.steps_per_epoch));
      together = 0;
    }
    pace.computing_s += seconds_since(given);
    progress.advance();
  }
  return sum / double(steps);
}

nn::TensorMap on_processor(nn::TensorMap values) {
  for (auto& [name, value] : values) value = value.cpu();
  return values;
}

/// The figures of the moving average. The first worker takes them; the others wait, batch by batch, so that none of
/// them seems lost.
Metrics validate(const Task& task,
                 const FitOptions& options,
                 const State& state,
                 const Workers& workers,
                 const torch::Device& device) {
  const std::vector<MixtureItem> items = task.data().validation(size_t(options.most_validation));
  const size_t batch = task.validation_items(size_t(options.batch)), count = (items.size() + batch - 1) / batch;
  if (!workers.leads()) {
    for (size_t n = 0; n < count; ++n) workers.meet();
    return {};
  }
  nn::Network network(task.graph());
  network.load(state.average.values(), "moving average");
  network.use_channels_last();
  network.to(device);
  Prefetcher<Batch> loader(count, loader_threads(options), batches_ahead(options), [&](size_t n) {
    return task.validation_batch(
        {items.begin() + int64_t(n * batch), items.begin() + int64_t(std::min(items.size(), (n + 1) * batch))});
  });
  const torch::NoGradGuard no_grad;
  const auto validation = task.validation();
  const bool half = use_bf16(options.precision, device);
  const auto run = [&](const torch::Tensor& input) {
    return forward(network, input.to(device), false, task.outputs(), half);
  };
  for (size_t n = 0; n < count; ++n) {
    check_interrupted();
    const Batch data = loader.next();
    validation->add(on_processor(task.validation_outputs(data.input, run)), data);
    workers.meet();
  }
  return validation->metrics();
}

std::string figures(const Metrics& metrics) {
  std::string text;
  for (const auto& [name, value] : metrics) text += fmt::format(" {} {:.4f}", name, value);
  return text;
}

/// A mean over no validation items would choose the first epoch.
void require_validation(const Task& task) {
  if (!task.data().validation(1).empty()) return;
  throw Error(ErrorCode::bad_manifest,
              task.role() +
                  ": no item is left for validation, by which the best epoch is chosen; raise 'validation' in the "
                  "recipe's data block, or mark patients in the manifest's column 'split'");
}

/// The state that a run goes on from, as the first worker has it on disk.
void resume_state(State& state, const fs::path& path, const std::string& run, bool resume, const Workers& workers) {
  const std::string bytes =
      workers.share(workers.leads() && resume && fs::exists(path) ? read_file(path) : std::string());
  if (!bytes.empty()) load_state(state, nn::parse_checkpoint(bytes, path.string()), path, run);
  std::vector<torch::Tensor> values;
  for (const auto& [key, value] : state.network.state()) values.push_back(value);
  workers.share(values);
}

/// Notes the figures of an epoch, and keeps its average where it is the best one.
void judge(const Task& task, State& state, const EpochRecord& record, const nlohmann::json& provenance) {
  const double score = record.validation.front().second;
  ++state.waited;
  if (state.result.best_epoch != 0 && score < state.result.best_score) return;
  state.result.best_epoch = record.epoch;
  state.result.best_score = score;
  state.waited = 0;
  save_model(
      task, state.average.values(), state.result.best, with_figures(provenance, record.validation), record.epoch);
}

/// Log of an epoch that is over.
void report(const Task& task,
            const FitOptions& options,
            const EpochRecord& record,
            const Pace& pace,
            double images,
            double left_s) {
  log_info("{} epoch {}/{}: loss {:.4f}{}; {:.1f} images/s, busy {:.0f} %, {:.0f} min left",
           task.role(),
           record.epoch,
           options.epochs,
           record.loss,
           figures(record.validation),
           images / (pace.waiting_s + pace.computing_s),
           100 * pace.busy(),
           left_s / 60);
}

}  // namespace

FitResult fit(const Task& task,
              const FitOptions& asked,
              const fs::path& folder,
              bool resume,
              const nlohmann::json& provenance,
              const FitPlace& place) {
  const Workers alone;
  const Workers& workers = place.workers ? *place.workers : alone;
  const torch::Device device(place.device);
  keep_freed_memory();
  require_validation(task);
  const FitOptions options = resolved(asked, task.epoch_size(), task.metadata().at("classes").size());
  if (workers.leads()) fs::create_directories(folder);
  const std::string run = identity(task, options, provenance);
  State state(task, options, place);
  state.result.best = folder / (task.role() + ".safetensors");
  state.result.last = folder / "last.safetensors";
  const fs::path state_path = folder / "state.safetensors";
  resume_state(state, state_path, run, resume, workers);
  const int first = int(state.result.epochs.size()) + 1;
  RunManifest manifest(folder / "run.json", about_run(task, options, provenance, place), first > 1);
  if (workers.leads()) manifest.write();
  Progress progress("train " + task.role(),
                    size_t(std::max(0, options.epochs + 1 - first)) * size_t(state.steps_per_epoch));
  const auto start = Clock::now();
  for (int epoch = first; epoch <= options.epochs; ++epoch) {
    if (options.patience > 0 && state.waited >= options.patience) break;
    Pace pace;
    EpochRecord record;
    record.epoch = epoch;
    record.learning_rate =
        step_rates(options, int64_t(epoch) * state.steps_per_epoch - 1, state.steps_per_epoch).weights;
    record.loss = train_epoch(task, options, state, workers, device, epoch, progress, pace);
    const auto trained = Clock::now();
    if (epoch % options.validate_every == 0 || epoch == options.epochs)
      record.validation = validate(task, options, state, workers, device);
    pace.validating_s = seconds_since(trained);
    if (!record.validation.empty()) judge(task, state, record, provenance);
    state.result.epochs.push_back(record);
    torch::Tensor waited = torch::full({1}, double(state.waited));
    workers.share({waited});
    state.waited = int(waited.item<double>());
    if (!workers.leads()) continue;
    save_state(state, state_path, run);
    write_metrics(state.result, folder / "metrics.csv");
    manifest.add(epoch, pace);
    manifest.write();
    if (place.after_epoch) place.after_epoch(task.role(), folder);
    const double left = seconds_since(start) / double(epoch - first + 1) * double(options.epochs - epoch);
    report(task, options, record, pace, double(state.steps_per_epoch * options.batch), left);
  }
  if (!state.result.epochs.empty() && workers.leads())
    save_model(task, state.average.values(), state.result.last, provenance, state.result.epochs.back().epoch);
  workers.meet();
  return state.result;
}

FitOptions fit_options(const Block& block) {
  FitOptions o;
  OptionReader reader(block);
  o.start_from = reader.text("start_from", "");
  o.start_with = reader.choice("start_with", o.start_with, {"all", "matching", "classes"});
  o.epochs = int(reader.integer("epochs", o.epochs, 1, 100000));
  o.steps = int(reader.integer("steps", o.steps, 0, 1000000));
  o.batch = int(reader.integer("batch", o.batch, 1, 4096));
  o.drop_last = reader.boolean("drop_last", o.drop_last);
  o.optimizer = reader.choice("optimizer", o.optimizer, {"adamw", "sgd", "auto"});
  o.learning_rate = reader.number("learning_rate", o.learning_rate, 0, 100);
  o.weight_decay = reader.number("weight_decay", o.weight_decay, 0, 10);
  o.decay_all = reader.boolean("decay_all", o.decay_all);
  o.momentum = reader.number("momentum", o.momentum, 0, 1);
  o.nesterov = reader.boolean("nesterov", o.nesterov);
  o.nominal_batch = int(reader.integer("nominal_batch", o.nominal_batch, 0, 65536));
  o.schedule = reader.choice("schedule", o.schedule, {"constant", "cosine", "linear", "step"});
  o.schedule_by_epoch = reader.boolean("schedule_by_epoch", o.schedule_by_epoch);
  o.final_rate = reader.number("final_rate", o.final_rate, 0, 1);
  o.step_epochs = reader.numbers("step_epochs", o.step_epochs, 0, 100000);
  o.step_factor = reader.number("step_factor", o.step_factor, 0, 1);
  o.warmup_steps = int(reader.integer("warmup_steps", o.warmup_steps, 0, 1000000));
  o.warmup_epochs = reader.number("warmup_epochs", o.warmup_epochs, 0, 100000);
  o.warmup_bias_rate = reader.number("warmup_bias_rate", o.warmup_bias_rate, 0, 100);
  if (reader.has("warmup_momentum")) o.warmup_momentum = reader.number("warmup_momentum", o.momentum, 0, 1);
  o.clip = reader.number("clip", o.clip, 0, 1e9);
  o.ema = reader.number("ema", o.ema, 0, 1);
  o.ema_ramp = reader.number("ema_ramp", o.ema_ramp, 0, 1e9);
  o.closing_epochs = int(reader.integer("closing_epochs", o.closing_epochs, 0, 100000));
  o.validate_every = int(reader.integer("validate_every", o.validate_every, 1, 100000));
  o.patience = int(reader.integer("patience", o.patience, 0, 100000));
  o.most_validation = int(reader.integer("most_validation", o.most_validation, 1, 1000000));
  o.precision = reader.choice("precision", o.precision, {"auto", "f32", "bf16"});
  o.shared_batch_norms = reader.boolean("shared_batch_norms", o.shared_batch_norms);
  o.loader_threads = int(reader.integer("loader_threads", o.loader_threads, 1, 256));
  reader.finish();
  return o;
}

}  // namespace hepatica::train
