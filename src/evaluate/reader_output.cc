#include <fmt/format.h>

#include <cmath>

#include "base/csv.h"
#include "evaluate/estimate_cells.h"
#include "evaluate/reader_study.h"

namespace hepatica {
namespace {

using nlohmann::json;

json text_or_null(const std::string& text) { return text.empty() ? json(nullptr) : json(text); }

json json_of(const ReaderScore& score) {
  json result{{"reader", text_or_null(score.reader)},
              {"level", text_or_null(score.level)},
              {"modality", text_or_null(score.modality)},
              {"readers", score.readers},
              {"n", score.n}};
  put_estimates(score.estimates, result["metrics"], result["per_class"]);
  return result;
}

json json_of(const ReaderAgreement& one) {
  return {{"reader", one.reader},
          {"level", text_or_null(one.level)},
          {"modality", text_or_null(one.modality)},
          {"n", one.counts.n()},
          {"both_right", one.counts.both},
          {"only_ai", one.counts.only_first},
          {"only_reader", one.counts.only_second},
          {"neither", one.counts.neither},
          {"difference", stats::json_from_estimate(one.difference)},
          {"mcnemar",
           {{"exact", stats::json_from_outcome(one.exact)},
            {"mid_p", stats::json_from_outcome(one.mid_p)},
            {"chi_square", stats::json_from_outcome(one.chi_square)}}},
          {"p_holm", json_number(one.holm)},
          {"p_bh", json_number(one.benjamini_hochberg)}};
}

json json_of(const stats::Kappa& kappa) {
  return {{"kappa", stats::json_from_estimate(kappa.estimate)},
          {"standard_error", json_number(kappa.standard_error)},
          {"observed", kappa.observed},
          {"expected", kappa.expected},
          {"test", stats::json_from_outcome(kappa.test)}};
}

json json_of(const PairKappa& one) {
  json result = json_of(one.kappa);
  result["first"] = one.first;
  result["second"] = one.second;
  result["modality"] = text_or_null(one.modality);
  return result;
}

json json_of(const GroupKappa& one) {
  json result = json_of(one.kappa);
  result["level"] = text_or_null(one.level);
  result["modality"] = text_or_null(one.modality);
  result["readers"] = one.readers;
  return result;
}

json json_of(const stats::DifferenceTest& one) {
  json result = stats::json_from_outcome(one.test);
  result["difference"] = stats::json_from_estimate(one.difference);
  return result;
}

json json_of(const stats::ModalityTest& view, const std::vector<std::string>& modalities) {
  json pairs = json::array(), means = json::array();
  size_t pair = 0;
  for (size_t a = 0; a < modalities.size(); ++a) {
    json mean{{"modality", text_or_null(modalities[a])},
              {"mean", stats::json_from_estimate(view.means[a].mean)},
              {"standard_error", view.means[a].standard_error}};
    mean["degrees"] = std::isfinite(view.means[a].degrees) ? json(view.means[a].degrees) : json(nullptr);
    means.push_back(mean);
    for (size_t b = a + 1; b < modalities.size(); ++b) {
      json one = json_of(view.pairs[pair++]);
      one["first"] = modalities[a];
      one["second"] = modalities[b];
      pairs.push_back(one);
    }
  }
  return {{"test", stats::json_from_outcome(view.test)}, {"pairs", pairs}, {"means", means}};
}

json json_of(const ModalityAnalysis& one) {
  const stats::MrmcResult& r = one.obuchowski_rockette;
  const stats::DbmResult& d = one.dorfman_berbaum_metz;
  return {{"merit", one.merit},
          {"n", one.n},
          {"readers", one.readers},
          {"modalities", one.modalities},
          {"values", r.merit},
          {"obuchowski_rockette",
           {{"mean_squares", {{"modality", r.ms_modality}, {"reader", r.ms_reader}, {"interaction", r.ms_interaction}}},
            {"covariances",
             {{"variance", r.covariances.variance},
              {"cov1", r.covariances.cov1},
              {"cov2", r.covariances.cov2},
              {"cov3", r.covariances.cov3}}},
            {"random_readers_and_cases", json_of(r.random_both, one.modalities)},
            {"fixed_readers", json_of(r.fixed_readers, one.modalities)},
            {"fixed_cases", json_of(r.fixed_cases, one.modalities)}}},
          {"dorfman_berbaum_metz",
           {{"mean_squares",
             {{"modality", d.ms_t},
              {"reader", d.ms_r},
              {"case", d.ms_c},
              {"modality_reader", d.ms_tr},
              {"modality_case", d.ms_tc},
              {"reader_case", d.ms_rc},
              {"residual", d.ms_trc}}},
            {"random_readers_and_cases", stats::json_from_outcome(d.random_both)},
            {"fixed_readers", stats::json_from_outcome(d.fixed_readers)},
            {"fixed_cases", stats::json_from_outcome(d.fixed_cases)}}}};
}

json json_of(const MethodAnalysis& one) {
  return {{"merit", one.merit},
          {"modality", text_or_null(one.modality)},
          {"n", one.n},
          {"readers", one.readers},
          {"values", one.result.readers},
          {"ai", one.result.standalone},
          {"random_readers_and_cases", json_of(one.result.random_both)},
          {"fixed_readers", json_of(one.result.fixed_readers)}};
}

json json_of(const CombinedReading& one) {
  json result{{"reader", text_or_null(one.reader)},
              {"level", text_or_null(one.level)},
              {"modality", text_or_null(one.modality)},
              {"rule", one.rule},
              {"n", one.counts.n()},
              {"against_alone",
               {{"both_right", one.counts.both},
                {"only_combined", one.counts.only_first},
                {"only_alone", one.counts.only_second},
                {"neither", one.counts.neither},
                {"difference", stats::json_from_estimate(one.difference)},
                {"test", stats::json_from_outcome(one.test)}}}};
  put_estimates(one.estimates, result["metrics"], result["per_class"]);
  return result;
}

template <class T>
json json_list(const std::vector<T>& all) {
  json result = json::array();
  for (const T& one : all) result.push_back(json_of(one));
  return result;
}

void add_estimates(std::string& csv,
                   const std::vector<std::string>& head,
                   const std::vector<stats::NamedEstimate>& estimates) {
  for (const stats::NamedEstimate& named : estimates) {
    const auto [of_class, metric] = class_and_metric(named.name);
    std::vector<std::string> cells = head;
    cells.push_back(metric);
    cells.push_back(of_class);
    const std::vector<std::string> values = estimate_cells(named.estimate);
    cells.insert(cells.end(), values.begin(), values.end());
    csv += csv_line(cells);
  }
}

}  // namespace

json json_from_readers(const ReaderStudyResult& result, const ReadingTable& table, const ReaderStudyOptions& options) {
  json readers = json::array();
  for (size_t r = 0; r < table.readers.size(); ++r)
    readers.push_back({{"name", table.readers[r]},
                       {"level", text_or_null(table.levels[r])},
                       {"ai", !options.ai.empty() && table.readers[r] == options.ai}});
  return {{"n", table.case_ids.size()},
          {"classes", table.classes},
          {"positive", text_or_null(result.positive)},
          {"ai", text_or_null(options.ai)},
          {"readers", readers},
          {"modalities", table.modalities},
          {"scores", json_list(result.scores)},
          {"agreement", json_list(result.agreement)},
          {"kappa", {{"cohen", json_list(result.cohen)}, {"fleiss", json_list(result.fleiss)}}},
          {"mrmc", json_list(result.modality_analyses)},
          {"against_ai", json_list(result.method_analyses)},
          {"combined", json_list(result.combined)},
          {"bootstrap",
           {{"resamples", options.bootstrap.resamples},
            {"seed", options.bootstrap.seed},
            {"confidence", options.bootstrap.confidence},
            {"stratified_by", "truth"},
            {"cluster", "case_id"}}},
          {"input", {{"file", table.file}, {"sha256", table.sha256}}},
          {"warnings", result.warnings}};
}

std::string readers_csv(const ReaderStudyResult& result) {
  std::string csv = csv_line({"reader",
                              "level",
                              "modality",
                              "readers",
                              "rule",
                              "metric",
                              "class",
                              "value",
                              "lower",
                              "upper",
                              "n",
                              "method",
                              "reason"});
  for (const ReaderScore& one : result.scores)
    add_estimates(csv, {one.reader, one.level, one.modality, fmt::format("{}", one.readers), "alone"}, one.estimates);
  for (const CombinedReading& one : result.combined)
    add_estimates(csv, {one.reader, one.level, one.modality, one.reader.empty() ? "" : "1", one.rule}, one.estimates);
  return csv;
}

std::string agreement_csv(const ReaderStudyResult& result, const std::string& ai) {
  std::string csv = csv_line({"kind",
                              "first",
                              "second",
                              "level",
                              "modality",
                              "n",
                              "both_right",
                              "only_ai",
                              "only_reader",
                              "neither",
                              "value",
                              "lower",
                              "upper",
                              "p",
                              "p_mid",
                              "p_chi_square",
                              "p_holm",
                              "p_bh",
                              "reason"});
  const auto count = [](int64_t n) { return fmt::format("{}", n); };
  for (const ReaderAgreement& one : result.agreement)
    csv += csv_line({"accuracy difference",
                     ai,
                     one.reader,
                     one.level,
                     one.modality,
                     count(one.counts.n()),
                     count(one.counts.both),
                     count(one.counts.only_first),
                     count(one.counts.only_second),
                     count(one.counts.neither),
                     number_cell(one.difference.value),
                     number_cell(one.difference.lower),
                     number_cell(one.difference.upper),
                     number_cell(one.exact.p),
                     number_cell(one.mid_p.p),
                     number_cell(one.chi_square.p),
                     number_cell(one.holm),
                     number_cell(one.benjamini_hochberg),
                     one.exact.reason});
  const auto add_kappa = [&](const std::vector<std::string>& head, const stats::Kappa& kappa) {
    const stats::Estimate& e = kappa.estimate;
    std::vector<std::string> cells = head;
    cells.insert(cells.end(),
                 {count(e.n),
                  "",
                  "",
                  "",
                  "",
                  number_cell(e.value),
                  number_cell(e.lower),
                  number_cell(e.upper),
                  number_cell(kappa.test.p),
                  "",
                  "",
                  "",
                  "",
                  e.reason});
    csv += csv_line(cells);
  };
  for (const PairKappa& one : result.cohen)
    add_kappa({"Cohen's kappa", one.first, one.second, "", one.modality}, one.kappa);
  for (const GroupKappa& one : result.fleiss) add_kappa({"Fleiss' kappa", "", "", one.level, one.modality}, one.kappa);
  return csv;
}

}  // namespace hepatica
