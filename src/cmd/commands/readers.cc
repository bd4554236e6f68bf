#include <fmt/format.h>

#include <map>
#include <optional>

#include "base/files.h"
#include "cmd/command.h"
#include "evaluate/reader_figures.h"
#include "evaluate/reader_study.h"

namespace hepatica::cmd {
namespace {

const std::map<std::string, stats::KappaWeights> kWeights{{"none", stats::KappaWeights::none},
                                                          {"linear", stats::KappaWeights::linear},
                                                          {"quadratic", stats::KappaWeights::quadratic}};
const std::map<std::string, stats::CovarianceMethod> kCovariances{{"jackknife", stats::CovarianceMethod::jackknife},
                                                                  {"delong", stats::CovarianceMethod::delong},
                                                                  {"bootstrap", stats::CovarianceMethod::bootstrap}};

struct ReadersArguments {
  std::string readings, out, ai, ai_predictions, positive;
  std::vector<std::string> order;
  std::string weights = "none", covariance = "jackknife", confidence_means = "reading";
  std::optional<double> unsure;
  bool no_figures = false;
  int resamples = 2000;
  double confidence = 0.95;
};

std::string p_text(const std::optional<double>& p) {
  if (!p) return "-";
  return *p < 0.0001 ? "< .0001" : fmt::format("{:.4f}", *p);
}

std::string text_of(const stats::Estimate& e) {
  const std::string text = stats::text_from_estimate(e);
  return text.substr(0, text.rfind(", n = "));
}

std::string text_of(const std::vector<stats::NamedEstimate>& estimates, const std::string& name) {
  for (const auto& named : estimates)
    if (named.name == name) return text_of(named.estimate);
  return "-";
}

std::string who(const ReaderScore& score) {
  if (!score.reader.empty()) return score.reader;
  return score.level.empty() ? "all readers" : "all " + score.level;
}

void print_scores(const ReaderStudyResult& result) {
  const bool binary = !result.positive.empty();
  const std::string recall = binary ? "sensitivity" : "macro_recall", precision = binary ? "ppv" : "macro_precision";
  std::vector<std::vector<std::string>> rows{{"reader", "level", "modality", "accuracy", recall, precision, "n"}};
  if (binary) rows[0].insert(rows[0].end() - 2, "specificity");
  for (const ReaderScore& one : result.scores) {
    rows.push_back({who(one),
                    one.level,
                    one.modality,
                    text_of(one.estimates, "accuracy"),
                    text_of(one.estimates, recall),
                    text_of(one.estimates, precision),
                    fmt::format("{}", one.n)});
    if (binary) rows.back().insert(rows.back().end() - 2, text_of(one.estimates, "specificity"));
  }
  print_table(rows);
}

void print_agreement(const ReaderStudyResult& result, const std::string& ai) {
  std::vector<std::vector<std::string>> rows{{ai + " against",
                                              "modality",
                                              "both right",
                                              "only " + ai,
                                              "only reader",
                                              "neither",
                                              "difference (interval)",
                                              "McNemar p",
                                              "Holm"}};
  for (const ReaderAgreement& one : result.agreement)
    rows.push_back({one.reader,
                    one.modality,
                    fmt::format("{}", one.counts.both),
                    fmt::format("{}", one.counts.only_first),
                    fmt::format("{}", one.counts.only_second),
                    fmt::format("{}", one.counts.neither),
                    text_of(one.difference),
                    p_text(one.exact.p),
                    p_text(one.holm)});
  if (rows.size() > 1) fmt::print("\n"), print_table(rows);
  rows = {{"agreement", "modality", "kappa (interval)", "n", "p"}};
  for (const PairKappa& one : result.cohen)
    rows.push_back({one.first + " - " + one.second,
                    one.modality,
                    text_of(one.kappa.estimate),
                    fmt::format("{}", one.kappa.estimate.n),
                    p_text(one.kappa.test.p)});
  for (const GroupKappa& one : result.fleiss)
    rows.push_back({fmt::format("{} {} (Fleiss)", one.readers, one.level.empty() ? "readers" : one.level),
                    one.modality,
                    text_of(one.kappa.estimate),
                    fmt::format("{}", one.kappa.estimate.n),
                    p_text(one.kappa.test.p)});
  if (rows.size() > 1) fmt::print("\n"), print_table(rows);
}

void print_analyses(const ReaderStudyResult& result, const std::string& ai) {
  std::vector<std::vector<std::string>> rows{{"readers at large", "merit", "analysis", "estimate (interval)", "p"}};
  for (const ModalityAnalysis& one : result.modality_analyses) {
    const stats::ModalityTest& view = one.obuchowski_rockette.random_both;
    for (size_t m = 0; m < one.modalities.size(); ++m)
      rows.push_back({one.modalities[m].empty() ? "mean of readers" : "mean, " + one.modalities[m],
                      one.merit,
                      "OR, random readers and cases",
                      text_of(view.means[m].mean),
                      ""});
    size_t pair = 0;
    for (size_t a = 0; a < one.modalities.size(); ++a)
      for (size_t b = a + 1; b < one.modalities.size(); ++b, ++pair)
        rows.push_back({one.modalities[a] + " - " + one.modalities[b],
                        one.merit,
                        "OR, random readers and cases",
                        text_of(view.pairs[pair].difference),
                        p_text(view.pairs[pair].test.p)});
    if (one.modalities.size() > 1)
      rows.push_back({"modalities",
                      one.merit,
                      "DBM, random readers and cases",
                      "",
                      p_text(one.dorfman_berbaum_metz.random_both.p)});
  }
  for (const MethodAnalysis& one : result.method_analyses)
    rows.push_back({fmt::format("readers - {}{}", ai, one.modality.empty() ? "" : ", " + one.modality),
                    one.merit,
                    "OR of differences, random readers and cases",
                    text_of(one.result.random_both.difference),
                    p_text(one.result.random_both.test.p)});
  if (rows.size() > 1) fmt::print("\n"), print_table(rows);
  rows = {{"combined with " + ai, "modality", "rule", "accuracy", "against alone", "p"}};
  for (const CombinedReading& one : result.combined)
    rows.push_back({one.reader.empty() ? "all readers" : one.reader,
                    one.modality,
                    one.rule,
                    text_of(one.estimates, "accuracy"),
                    text_of(one.difference),
                    p_text(one.test.p)});
  if (rows.size() > 1) fmt::print("\n"), print_table(rows);
}

void write(const ReadersArguments& a,
           const ReaderStudyResult& result,
           const ReadingTable& table,
           const ReaderStudyOptions& options) {
  if (a.out.empty()) return;
  OutputFolder out(a.out);
  write_file(out.staging() / "readers.json", json_from_readers(result, table, options).dump(2) + "\n");
  write_file(out.staging() / "readers.csv", readers_csv(result));
  write_file(out.staging() / "agreement.csv", agreement_csv(result, options.ai));
  if (!a.no_figures) {
    draw::write_drawing(readers_roc_figure(result, table, options), out.staging() / "figures", "readers_roc");
    if (const auto figure = agreement_figure(result, options.ai))
      draw::write_drawing(*figure, out.staging() / "figures", "agreement");
  }
  out.commit();
}

int run(const ReadersArguments& a, const Common& common) {
  ReaderStudyOptions options;
  options.bootstrap = {a.resamples, common.seed, a.confidence};
  options.positive = a.positive;
  options.confidence_of_positive = a.confidence_means == "positive";
  options.weights = kWeights.at(a.weights);
  options.covariance = kCovariances.at(a.covariance);
  options.unsure = a.unsure;
  options.ai = a.ai.empty() && !a.ai_predictions.empty() ? "AI" : a.ai;
  ReadingTable table = read_readings(a.readings, a.order);
  if (!a.ai_predictions.empty())
    table = with_method(table,
                        read_predictions(a.ai_predictions),
                        options.ai,
                        options.confidence_of_positive ? positive_name(table, options.positive) : "");
  const ReaderStudyResult result = analyse_readers(table, options);
  write(a, result, table, options);
  if (common.json) {
    print_json(json_from_readers(result, table, options));
    return 0;
  }
  print_scores(result);
  print_agreement(result, options.ai);
  print_analyses(result, options.ai);
  for (const std::string& warning : result.warnings) fmt::print("warning: {}\n", warning);
  return 0;
}

void add_method(CLI::App& app, ReadersArguments& a) {
  app.add_option("readings", a.readings, "CSV: case_id, truth, reader, reading; optional confidence, level, modality")
      ->required();
  app.add_option("--out", a.out, "folder for readers.json, readers.csv, agreement.csv and figures/");
  app.add_option("--ai", a.ai, "the reader that is the AI; with --ai-predictions, what to call it");
  app.add_option("--ai-predictions", a.ai_predictions, "the AI's predictions, a table as `evaluate` takes them");
  app.add_option("--positive", a.positive, "with two classes: the one that sensitivity and AUC speak of");
  app.add_option("--order", a.order, "the classes in their order, for weighted kappa")->delimiter(',');
  app.add_option("--weights", a.weights, "of Cohen's kappa")
      ->check(CLI::IsMember({"none", "linear", "quadratic"}))
      ->capture_default_str();
}

void add_statistics(CLI::App& app, ReadersArguments& a) {
  app.add_option(
         "--confidence-means", a.confidence_means, "the column confidence: of the reading, or of the positive class")
      ->check(CLI::IsMember({"reading", "positive"}))
      ->capture_default_str();
  app.add_option("--unsure", a.unsure, "combined readings: below this confidence a reader takes the AI's reading");
  app.add_option("--covariance", a.covariance, "of the multi-reader analysis")
      ->check(CLI::IsMember({"jackknife", "delong", "bootstrap"}))
      ->capture_default_str();
  app.add_option("--resamples", a.resamples, "bootstrap resamples")
      ->check(CLI::Range(100, 1000000))
      ->capture_default_str();
  app.add_option("--confidence", a.confidence, "of the intervals")
      ->check(CLI::Range(0.5, 0.9999))
      ->capture_default_str();
  app.add_flag("--no-figures", a.no_figures, "tables alone");
}

}  // namespace

Command declare_readers() {
  return {"readers",
          "A reader study: accuracy per reader and level, agreement, multi-reader analysis, readers with the AI",
          "hepatica readers readings.csv --ai-predictions predictions.csv --ai LiLNet --out readers",
          [](CLI::App& app) -> std::function<int(const Common&)> {
            auto a = std::make_shared<ReadersArguments>();
            add_method(app, *a);
            add_statistics(app, *a);
            return [a](const Common& common) { return run(*a, common); };
          }};
}

}  // namespace hepatica::cmd
