#include "evaluate/checklists.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <functional>
#include <map>

#include "base/error.h"

namespace hepatica {
namespace {

/// What an evaluation can say about an item.
enum class Fill {
  person,
  cases,
  classes,
  metrics,
  performance,
  intervals,
  strata,
  calibration,
  confusion,
  software,
  threshold
};

struct Item {
  const char* section;
  const char* what;
  Fill fill = Fill::person;
};

const std::vector<Item> kStard{
    {"Title, abstract", "Named as a study of diagnostic accuracy of an AI; structured summary"},
    {"Introduction", "Background, intended use and role of the index test; objectives and hypotheses"},
    {"Methods: design", "Prospective or retrospective; before or after index test and reference standard"},
    {"Methods: participants", "Eligibility, how and where and when recruited; consecutive, random or convenience"},
    {"Methods: data", "Source, acquisition, scanners, preprocessing, quality control, what was left out and why"},
    {"Methods: data", "Partition into training, validation and test; level of disjointness (patient, centre)"},
    {"Methods: index test", "The AI: name, version, input, output, training, availability", Fill::software},
    {"Methods: index test", "Cut-off of positivity; chosen beforehand or explored; on which data", Fill::threshold},
    {"Methods: reference", "Reference standard, why it was chosen, its cut-offs", Fill::classes},
    {"Methods: blinding", "Whether readers of test and reference knew the other result or clinical data"},
    {"Methods: analysis", "Measures of accuracy and how they were estimated and compared", Fill::metrics},
    {"Methods: analysis", "Uncertainty: method of the intervals, unit of resampling", Fill::intervals},
    {"Methods: analysis",
     "Indeterminate and missing results; variability; subgroups planned or explored",
     Fill::strata},
    {"Methods: analysis", "Intended sample size and how it was set"},
    {"Results: participants", "Flow of participants; dates; characteristics; severity and alternative diagnoses"},
    {"Results: participants", "Number of cases and their distribution over the reference classes", Fill::cases},
    {"Results: participants", "Interval between index test and reference; interventions between"},
    {"Results: test", "Cross tabulation of index test by reference", Fill::confusion},
    {"Results: test", "Estimates of accuracy with their precision", Fill::performance},
    {"Results: test", "Accuracy in subgroups; bias and fairness", Fill::strata},
    {"Results: test", "Errors of the AI and their analysis; adverse events"},
    {"Discussion", "Limitations, generalisability, implications for use"},
    {"Other", "Registration, protocol, funding, access to code, model and data"}};

const std::vector<Item> kClaim{
    {"Title, abstract", "Named as a study of AI, with the method; structured summary"},
    {"Introduction", "Scientific and clinical background; objectives and hypotheses"},
    {"Methods: design", "Prospective or retrospective; the goal of the study"},
    {"Methods: data", "Sources, eligibility, preprocessing, selection of subsets, de-identification, missing data"},
    {"Methods: data", "Acquisition protocol of the images"},
    {"Methods: reference",
     "Definition, rationale, source of annotations, tools, variability of readers",
     Fill::classes},
    {"Methods: partitions", "How data were assigned; level of disjointness of the partitions"},
    {"Methods: sample", "Intended sample size of the test data"},
    {"Methods: model", "Structure, inputs, outputs; software, versions; initialisation", Fill::software},
    {"Methods: training", "Augmentation, hyper-parameters, selection of the final model, ensembles"},
    {"Methods: evaluation", "Metrics of performance", Fill::metrics},
    {"Methods: evaluation", "Statistical measures of uncertainty", Fill::intervals},
    {"Methods: evaluation", "Robustness or sensitivity analysis", Fill::strata},
    {"Methods: evaluation", "Explainability; internal and external test data"},
    {"Results: data", "Flow of participants; demographics and clinical features by partition"},
    {"Results: data", "Number of cases tested and their classes", Fill::cases},
    {"Results: performance", "Performance on all test data, with benchmark", Fill::performance},
    {"Results: performance", "Accuracy with intervals and cross tabulation", Fill::confusion},
    {"Results: performance", "Performance by demographic and clinical subgroups", Fill::strata},
    {"Results: failure", "Analysis of cases that were classified wrongly"},
    {"Discussion", "Limitations, bias, uncertainty, generalisability; implications for practice"},
    {"Other", "Registration, protocol, funding; access to code and data"}};

const std::vector<Item> kTripod{
    {"Title, abstract", "Development or evaluation of a prediction model, population and outcome; structured summary"},
    {"Introduction", "Healthcare context, target population, intended users, known inequalities; objectives"},
    {"Methods: data", "Sources for development and evaluation, dates, representativeness"},
    {"Methods: participants", "Setting, eligibility, treatments"},
    {"Methods: preparation", "Preprocessing and quality checks, alike across groups"},
    {"Methods: outcome", "Outcome, time horizon, how and by whom assessed, blinding", Fill::classes},
    {"Methods: predictors", "Choice and measurement of predictors"},
    {"Methods: sample size", "How it was arrived at for development and evaluation"},
    {"Methods: missing data", "How missing data were handled"},
    {"Methods: analysis", "Use of the data, model type, building steps, internal validation", Fill::software},
    {"Methods: analysis", "Heterogeneity over clusters such as centres", Fill::strata},
    {"Methods: analysis", "Measures of discrimination, calibration and clinical utility", Fill::metrics},
    {"Methods: analysis", "Uncertainty of the measures", Fill::intervals},
    {"Methods: analysis", "Class imbalance and what was done about it; recalibration", Fill::calibration},
    {"Methods: fairness", "Approach to fairness and its rationale"},
    {"Methods: output", "Output of the model (probability, class) and thresholds", Fill::threshold},
    {"Methods: data", "Differences between development and evaluation data; ethical approval"},
    {"Open science", "Funding, conflicts, protocol, registration, data and code sharing"},
    {"Patient involvement", "Involvement of patients and public, or none"},
    {"Results: participants", "Flow, characteristics, comparison with the development data"},
    {"Results: participants", "Number of participants and events in each analysis", Fill::cases},
    {"Results: model", "Full specification of the model so that it can be used"},
    {"Results: performance", "Performance with intervals, in key subgroups too", Fill::performance},
    {"Results: performance", "Heterogeneity of performance across clusters", Fill::strata},
    {"Results: updating", "Results of any updating of the model"},
    {"Discussion", "Interpretation, fairness, limitations, usability, next steps"}};

std::string estimate_text(const nlohmann::json& e) {
  if (e.is_null() || e["value"].is_null()) return "not estimable";
  if (e["lower"].is_null()) return fmt::format("{:.3f} (n = {})", e["value"].get<double>(), e["n"].get<int64_t>());
  return fmt::format("{:.3f} ({:.3f} to {:.3f}; n = {})",
                     e["value"].get<double>(),
                     e["lower"].get<double>(),
                     e["upper"].get<double>(),
                     e["n"].get<int64_t>());
}

std::string some_metrics(const nlohmann::json& e, const std::vector<std::string>& names) {
  std::vector<std::string> parts;
  for (const std::string& name : names)
    if (e["metrics"].contains(name)) parts.push_back(fmt::format("{} {}", name, estimate_text(e["metrics"][name])));
  return fmt::format("{}", fmt::join(parts, "; "));
}

std::string cases_text(const nlohmann::json& e) {
  std::vector<std::string> parts;
  const auto& counts = e["confusion"]["counts"];
  for (size_t c = 0; c < counts.size(); ++c) {
    int64_t n = 0;
    for (const auto& count : counts[c]) n += count.get<int64_t>();
    parts.push_back(fmt::format("{} {}", e["classes"][c].get<std::string>(), n));
  }
  return fmt::format("{} cases of {} patients or clusters: {}",
                     e["n"].get<int64_t>(),
                     e["clusters"].get<int64_t>(),
                     fmt::join(parts, ", "));
}

std::string strata_text(const nlohmann::json& e) {
  std::vector<std::string> parts;
  for (const auto& stratum : e["strata"])
    parts.push_back(fmt::format("{} {} (n = {}{}): accuracy {}",
                                stratum["column"].get<std::string>(),
                                stratum["level"].get<std::string>(),
                                stratum["n"].get<int64_t>(),
                                stratum.contains("note") ? ", small" : "",
                                estimate_text(stratum["metrics"]["accuracy"])));
  return fmt::format("{}", fmt::join(parts, "; "));
}

/// What the evaluation says; empty where it says nothing.
std::string filled(Fill fill, const nlohmann::json& e, const std::string& program) {
  const std::vector<std::string> kMain{
      "accuracy", "balanced_accuracy", "sensitivity", "specificity", "auc", "auc_macro"};
  const std::vector<std::string> kCalibration{"brier", "ece", "calibration_slope", "calibration_intercept"};
  switch (fill) {
    case Fill::person:
      return "";
    case Fill::cases:
      return cases_text(e);
    case Fill::classes:
      return fmt::format("Classes: {}. ", fmt::join(e["classes"].get<std::vector<std::string>>(), ", "));
    case Fill::metrics: {
      std::vector<std::string> names;
      for (const auto& [name, value] : e["metrics"].items()) names.push_back(name);
      return fmt::format("{}", fmt::join(names, ", "));
    }
    case Fill::performance:
      return some_metrics(e, kMain);
    case Fill::intervals:
      return fmt::format(
          "{:g}% intervals; Wilson for proportions and DeLong for AUC where each case is a patient, else "
          "bootstrap (BCa) of {} resamples over {}, seed {}, stratified by the reference",
          100 * e["bootstrap"]["confidence"].get<double>(),
          e["bootstrap"]["resamples"].get<int>(),
          e["bootstrap"]["cluster"].get<std::string>(),
          e["bootstrap"]["seed"].get<uint64_t>());
    case Fill::strata:
      return strata_text(e);
    case Fill::calibration:
      return some_metrics(e, kCalibration);
    case Fill::confusion:
      return fmt::format("counts (rows are the reference): {}", e["confusion"]["counts"].dump());
    case Fill::software:
      return fmt::format(
          "Evaluated with {}; predictions SHA-256 {}. ", program, e["input"]["sha256"].get<std::string>());
    case Fill::threshold:
      if (!e.contains("operating_point")) return "";
      return fmt::format("{:.6g}, chosen for a sensitivity of {:g} on {} other cases",
                         e["operating_point"]["threshold"].get<double>(),
                         e["operating_point"]["wanted_sensitivity"].get<double>(),
                         e["operating_point"]["chosen_on"]["n"].get<int64_t>());
  }
  return "";
}

bool whole(Fill fill) { return fill != Fill::classes && fill != Fill::software; }

}  // namespace

const std::vector<std::string>& checklist_names() {
  static const std::vector<std::string> names{"stard_ai", "claim", "tripod_ai"};
  return names;
}

std::string checklist(const std::string& name, const nlohmann::json& evaluation, const std::string& program) {
  const std::map<std::string, std::pair<std::string, const std::vector<Item>*>> lists{
      {"stard_ai", {"STARD-AI", &kStard}}, {"claim", {"CLAIM", &kClaim}}, {"tripod_ai", {"TRIPOD+AI", &kTripod}}};
  HEPATICA_ASSERT(lists.count(name));
  const auto& [title, items] = lists.at(name);
  constexpr char kPerson[] = "**to be filled in by the authors**";
  std::string text = fmt::format(
      "# {} checklist\n\nFilled in from the evaluation of `{}` as far as it can say it. The topics are in this "
      "program's words and gather several items of the published list; check them against it before submission.\n\n"
      "| Section | To be reported | Here |\n|---|---|---|\n",
      title,
      evaluation["input"]["file"].get<std::string>());
  for (const Item& item : *items) {
    const std::string said = filled(item.fill, evaluation, program);
    text += fmt::format(
        "| {} | {} | {}{} |\n", item.section, item.what, said, said.empty() || !whole(item.fill) ? kPerson : "");
  }
  return text;
}

}  // namespace hepatica
