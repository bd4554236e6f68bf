#include "train/cohort.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "base/error.h"
#include "base/log.h"
#include "base/progress.h"
#include "dataset/data_form.h"
#include "stages/aggregate/aggregate.h"
#include "stats/classification.h"
#include "stats/roc.h"
#include "train/data.h"
#include "train/train.h"

namespace hepatica::train {
namespace {

using nlohmann::json;

/// Labels of each class, by label.
std::map<std::string, std::string> labels_of(const Block& classifier, const std::vector<std::string>& classes) {
  std::map<std::string, std::string> class_of;
  OptionReader members(classifier.child("members"));
  for (const std::string& name : classes) {
    class_of[name] = name;
    for (const std::string& label : members.texts(name, {})) class_of[label] = name;
  }
  return class_of;
}

struct Judged {
  std::vector<double> probabilities;
  std::vector<uint8_t> positive;
};

/// The threshold at which a probability counts as the second class.
double threshold_of(const CohortPlan& plan, const Judged& judged) {
  double best = 0.5, best_value = -1;
  for (const stats::RocPoint& point : stats::roc_curve(judged.probabilities, judged.positive)) {
    if (plan.rule == "sensitivity") {
      if (point.sensitivity >= plan.sensitivity) return point.threshold;
      continue;
    }
    const double youden = point.sensitivity + point.specificity - 1;
    if (youden <= best_value) continue;
    best_value = youden;
    best = point.threshold;
  }
  return best;
}

double area(const Judged& judged) {
  return stats::auc_delong(judged.probabilities, judged.positive).value.value_or(0.5);
}

bool is_positive(const CohortPlan& plan, const std::string& label) {
  const auto found = plan.class_of_label.find(label);
  if (found == plan.class_of_label.end())
    throw Error(ErrorCode::bad_manifest, fmt::format("the label '{}' belongs to no class of {}", label, plan.stage));
  return found->second == plan.second_class;
}

/// Probability of the second class by patient.
std::map<std::string, double> probabilities_of(const CohortPlan& plan,
                                               const fs::path& model,
                                               const SliceSource& source,
                                               const std::vector<size_t>& items) {
  const PatientScores scores = score_patients(model, source, items);
  const auto second = std::find(scores.classes.begin(), scores.classes.end(), plan.second_class);
  if (scores.classes.size() != 2 || second == scores.classes.end())
    throw Error(ErrorCode::wrong_checkpoint,
                fmt::format("{} does not tell '{}' from '{}'", model.string(), plan.second_class, plan.first_class));
  std::map<std::string, double> all;
  for (const auto& [patient, logits] : scores.logits)
    all[patient] = softmax(logits)[size_t(second - scores.classes.begin())];
  return all;
}

std::vector<JudgedPatient> judge(const CohortPlan& plan,
                                 const InnerChoice& choice,
                                 const SliceSource& source,
                                 const std::vector<size_t>& items) {
  std::map<std::string, JudgedPatient> patients;
  for (const size_t i : items)
    patients[source.group(i)] = {source.group(i), is_positive(plan, source.label(i)), 0, false};
  for (const fs::path& model : choice.models)
    for (const auto& [name, probability] : probabilities_of(plan, model, source, items))
      patients[name].probability += probability / double(choice.models.size());
  std::vector<JudgedPatient> all;
  for (auto& [name, patient] : patients) {
    patient.called = patient.probability >= choice.threshold;
    all.push_back(patient);
  }
  return all;
}

/// One cross-validation of the candidates; `held_out` takes no part.
class Inner {
 public:
  Inner(const CohortPlan& plan, const CohortRequest& request, Progress& progress)
      : plan_(plan), request_(request), progress_(progress) {}

  NestedFold fold(std::optional<size_t> held_out) const {
    return {plan_.outer, plan_.inner, held_out, 0, plan_.fold_seed};
  }

  /// The cohort's slices, as the classifier's data say.
  Mixture cohort(const Variant& candidate) const {
    const Block data = candidate.recipe.child("train").child("classify").child(plan_.stage).child("data");
    Mixture mixture =
        mixture_from_block(data, {request_.data, cache(), request_.seed, {.each_lesion = true}, fold(std::nullopt)});
    if (mixture.sources() != 1)
      throw Error(ErrorCode::bad_recipe, data.file + ": '" + data.path + "' must name one source: the cohort");
    return mixture;
  }

  InnerChoice run(const fs::path& folder, std::optional<size_t> held_out) const {
    InnerChoice choice;
    double best = -1;
    for (const Variant& candidate : plan_.candidates) {
      std::vector<fs::path> models;
      const Judged judged = validated(candidate, folder / candidate.folder, held_out, models);
      const double score = area(judged);
      choice.scores.emplace_back(candidate.name, score);
      if (score <= best) continue;
      best = score;
      choice.candidate = candidate.name;
      choice.threshold = threshold_of(plan_, judged);
      choice.models = models;
    }
    return choice;
  }

 private:
  fs::path cache() const { return request_.cache.empty() ? request_.out / "cache" : request_.cache; }

  /// Trains on each inner fold's rest, and judges its validation patients.
  Judged validated(const Variant& candidate,
                   const fs::path& folder,
                   std::optional<size_t> held_out,
                   std::vector<fs::path>& models) const {
    const Mixture mixture = cohort(candidate);
    const SliceSource& source = mixture.source(0);
    Judged judged;
    NestedFold place = fold(held_out);
    for (place.validation = 0; place.validation < place.inner; ++place.validation) {
      TrainRequest training;
      training.data = request_.data;
      training.out = folder / fmt::format("inner_{}", place.validation);
      training.cache = cache();
      training.stages = {plan_.stage};
      training.resume = true;
      training.seed = request_.seed;
      training.fold = place;
      models.push_back(train(candidate.recipe, training).front().second.best);
      progress_.advance();
      const std::vector<size_t> items = nested_split(source, place).validation;
      std::map<std::string, bool> truths;
      for (const size_t i : items) truths[source.group(i)] = is_positive(plan_, source.label(i));
      for (const auto& [patient, probability] : probabilities_of(plan_, models.back(), source, items)) {
        judged.probabilities.push_back(probability);
        judged.positive.push_back(truths.at(patient));
      }
    }
    return judged;
  }

  const CohortPlan& plan_;
  const CohortRequest& request_;
  Progress& progress_;
};

stats::Predictions predictions_of(const CohortPlan& plan, const std::vector<JudgedPatient>& patients) {
  stats::Predictions all;
  all.classes = {plan.first_class, plan.second_class};
  for (const JudgedPatient& patient : patients) {
    all.truth.push_back(patient.positive);
    all.predicted.push_back(patient.called);
    all.probability.insert(all.probability.end(), {1 - patient.probability, patient.probability});
  }
  return all;
}

json estimates_of(const CohortPlan& plan, const std::vector<JudgedPatient>& patients, uint64_t seed) {
  json metrics = json::object();
  const auto all = stats::estimate_all(
      predictions_of(plan, patients), stats::independent_cases(patients.size()), {}, {plan.resamples, seed});
  for (const stats::NamedEstimate& one : all)
    for (const char* name : {"auc", "sensitivity", "specificity", "ppv", "npv", "accuracy"})
      if (one.name == name) metrics[name] = stats::json_from_estimate(one.estimate);
  return metrics;
}

json json_from_choice(const InnerChoice& choice) {
  json scores = json::object();
  for (const auto& [name, score] : choice.scores) scores[name] = score;
  return {{"candidate", choice.candidate}, {"inner_auc", scores}, {"threshold", choice.threshold}};
}

/// The seal is over everything else.
std::string seal_of(json lock) {
  lock.erase("seal");
  return sha256(lock.dump());
}

std::string now_utc() { return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr))); }

json read_lock(const fs::path& path) {
  const json lock = json::parse(read_file(path), nullptr, false);
  if (!lock.is_object() || !lock.contains("seal"))
    throw Error(ErrorCode::bad_format, path.string() + " is no lock of a model");
  if (lock.at("seal") != seal_of(lock))
    throw Error(ErrorCode::wrong_checkpoint, path.string() + " was changed after it was locked");
  for (const json& model : lock.at("models")) {
    const fs::path file = path.parent_path() / model.at("file").get<std::string>();
    if (sha256_of_file(file) != model.at("sha256"))
      throw Error(ErrorCode::wrong_checkpoint, file.string() + " is not the file that was locked");
  }
  return lock;
}

CohortPlan plan_from_lock(const json& lock) {
  CohortPlan plan;
  plan.stage = lock.at("stage");
  plan.first_class = lock.at("classes").at(0);
  plan.second_class = lock.at("classes").at(1);
  plan.class_of_label = lock.at("class_of_label");
  plan.resamples = lock.at("resamples");
  return plan;
}

/// Adds a line to the lock's log; gives the number of the run, from 1.
int64_t log_run(const fs::path& log, json line) {
  const std::string before = fs::exists(log) ? read_file(log) : "";
  const int64_t run = 1 + std::count(before.begin(), before.end(), '\n');
  line["run"] = run;
  line["time_utc"] = now_utc();
  line["repeated"] = run > 1;
  write_file(log, before + line.dump() + "\n");
  return run;
}

}  // namespace

CohortPlan cohort_plan(const Block& recipe) {
  OptionReader reader(recipe.child("cohort"));
  CohortPlan plan;
  plan.stage = reader.text("stage", "benign_malignant");
  plan.outer = size_t(reader.integer("outer", int64_t(plan.outer), 2, 100));
  plan.inner = size_t(reader.integer("inner", int64_t(plan.inner), 2, 100));
  plan.fold_seed = uint64_t(reader.integer("fold_seed", 0, 0, 1'000'000'000));
  plan.rule = reader.choice("threshold", plan.rule, {"youden", "sensitivity"});
  plan.sensitivity = reader.number("sensitivity", plan.sensitivity, 0, 1);
  plan.resamples = int(reader.integer("resamples", plan.resamples, 100, 100000));
  plan.candidates = read_variants(recipe, reader.block("candidates"), {plan.stage});
  reader.finish();
  const Block classifier = recipe.child("train").child("classify").child(plan.stage);
  const auto classes = OptionReader(classifier).texts("classes", {});
  if (classes.size() != 2)
    throw Error(ErrorCode::bad_recipe,
                fmt::format("{}: cohort.stage: '{}' must be a classifier of two classes", recipe.file, plan.stage));
  plan.first_class = classes[0];
  plan.second_class = classes[1];
  plan.class_of_label = labels_of(classifier, classes);
  return plan;
}

std::vector<OuterFold> run_retrospective(const CohortPlan& plan, const CohortRequest& request) {
  Progress progress("trainings", plan.outer * plan.inner * plan.candidates.size());
  const Inner inner(plan, request, progress);
  const Mixture cohort = inner.cohort(plan.candidates.front());
  std::vector<OuterFold> folds;
  for (size_t k = 0; k < plan.outer; ++k) {
    OuterFold fold;
    fold.choice = inner.run(request.out / fmt::format("outer_{}", k), k);
    const SliceSource& source = cohort.source(0);
    fold.patients = judge(plan, fold.choice, source, outer_items(source, inner.fold(k), k));
    log_info("outer fold {} of {}: {} at {:.3f}", k + 1, plan.outer, fold.choice.candidate, fold.choice.threshold);
    folds.push_back(std::move(fold));
  }
  return folds;
}

json json_from_retrospective(const CohortPlan& plan, const std::vector<OuterFold>& folds) {
  std::vector<JudgedPatient> all;
  json choices = json::array();
  for (const OuterFold& fold : folds) {
    all.insert(all.end(), fold.patients.begin(), fold.patients.end());
    choices.push_back(json_from_choice(fold.choice));
    choices.back()["patients"] = fold.patients.size();
  }
  return {{"cohort", "retrospective"},
          {"stage", plan.stage},
          {"positive", plan.second_class},
          {"n", all.size()},
          {"metrics", estimates_of(plan, all, plan.fold_seed)},
          {"folds", choices}};
}

json lock_model(const CohortPlan& plan, const CohortRequest& request, const fs::path& lock) {
  if (fs::exists(lock))
    throw Error(ErrorCode::usage, lock.string() + " is there already; a locked model is not locked anew: name another");
  Progress progress("trainings", plan.inner * plan.candidates.size());
  const InnerChoice choice = Inner(plan, request, progress).run(request.out / "whole", std::nullopt);
  json document = json_from_choice(choice);
  document["stage"] = plan.stage;
  document["classes"] = {plan.first_class, plan.second_class};
  document["class_of_label"] = plan.class_of_label;
  document["threshold_rule"] = plan.rule;
  document["resamples"] = plan.resamples;
  for (size_t j = 0; j < choice.models.size(); ++j) {
    const std::string name = fmt::format("{}_{}.safetensors", lock.stem().string(), j);
    write_file(lock.parent_path() / name, read_file(choice.models[j]));
    document["models"].push_back({{"file", name}, {"sha256", sha256_of_file(choice.models[j])}});
  }
  document["seal"] = seal_of(document);
  write_file(lock, document.dump(2) + "\n");
  return document;
}

ProspectiveResult run_prospective(const fs::path& lock, const fs::path& manifest, uint64_t seed) {
  const json locked = read_lock(lock);
  const CohortPlan plan = plan_from_lock(locked);
  const auto source = open_data(manifest, {}, {.each_lesion = true}).source;
  std::vector<size_t> items(source->size());
  for (size_t i = 0; i < items.size(); ++i) items[i] = i;
  InnerChoice choice;
  choice.threshold = locked.at("threshold");
  for (const json& model : locked.at("models"))
    choice.models.push_back(lock.parent_path() / model.at("file").get<std::string>());
  ProspectiveResult result;
  result.patients = judge(plan, choice, *source, items);
  result.document = {{"cohort", "prospective"},
                     {"stage", plan.stage},
                     {"positive", plan.second_class},
                     {"n", result.patients.size()},
                     {"threshold", choice.threshold},
                     {"metrics", estimates_of(plan, result.patients, seed)}};
  const int64_t run = log_run(
      lock.string() + ".log",
      {{"manifest_sha256", sha256_of_file(manifest)}, {"results_sha256", sha256(result.document["metrics"].dump())}});
  result.document["run"] = run;
  result.document["first_run"] = run == 1;
  if (run > 1) log_warning("run {} of this lock: only the first one is an unseen cohort's", run);
  return result;
}

std::string csv_from_judged(const std::vector<JudgedPatient>& patients,
                            const std::string& first_class,
                            const std::string& second_class) {
  std::string text = fmt::format("case_id,truth,prob_{},prob_{},prediction\n", first_class, second_class);
  for (const JudgedPatient& p : patients)
    text += fmt::format("{},{},{:.6f},{:.6f},{}\n",
                        p.name,
                        p.positive ? second_class : first_class,
                        1 - p.probability,
                        p.probability,
                        p.called ? second_class : first_class);
  return text;
}

}  // namespace hepatica::train
