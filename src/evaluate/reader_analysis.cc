// Readers together: multi-reader multi-case analysis, and readings combined with the method's.
#include <fmt/format.h>

#include <algorithm>

#include "evaluate/reader_cases.h"

namespace hepatica {
namespace {

/// Ratings or right and wrong of readers on cases, as the analysis takes them.
stats::ReaderStudy study_of(const ReaderCases& study,
                            const std::vector<size_t>& modalities,
                            const std::vector<size_t>& readers,
                            const std::vector<size_t>& cases,
                            stats::Merit merit) {
  stats::ReaderStudy result{modalities.size(), readers.size(), cases.size(), {}, {}};
  for (const size_t i : cases) result.is_positive.push_back(size_t(study.table().truth[i]) == study.positive());
  for (const size_t m : modalities)
    for (const size_t r : readers)
      for (const size_t i : cases) {
        const Reading& reading = *study.reading(m, r, i);
        result.score.push_back(merit == stats::Merit::auc ? *study.rating(reading) : study.right(reading, i));
      }
  return result;
}

std::string merit_name(stats::Merit merit) { return merit == stats::Merit::auc ? "auc" : "accuracy"; }

/// Cases of each class: the AUC needs two positive and two negative ones.
bool has_both(const ReaderCases& study, const std::vector<size_t>& cases) {
  const auto positives = std::count_if(
      cases.begin(), cases.end(), [&](size_t i) { return size_t(study.table().truth[i]) == study.positive(); });
  return positives >= 2 && int64_t(cases.size()) - positives >= 2;
}

/// Whether all of them gave a rating for all of these cases.
bool rated(const ReaderCases& study,
           const std::vector<size_t>& modalities,
           const std::vector<size_t>& readers,
           const std::vector<size_t>& cases) {
  for (const size_t m : modalities)
    for (const size_t r : readers)
      for (const size_t i : cases)
        if (!study.rating(*study.reading(m, r, i))) return false;
  return true;
}

std::vector<stats::Merit> merits_for(const ReaderCases& study,
                                     const std::vector<size_t>& modalities,
                                     const std::vector<size_t>& readers,
                                     const std::vector<size_t>& cases) {
  std::vector<stats::Merit> merits{stats::Merit::accuracy};
  if (study.binary() && has_both(study, cases) && rated(study, modalities, readers, cases))
    merits.push_back(stats::Merit::auc);
  return merits;
}

std::vector<std::string> names_at(const std::vector<std::string>& names, const std::vector<size_t>& chosen) {
  std::vector<std::string> result;
  for (const size_t i : chosen) result.push_back(names[i]);
  return result;
}

}  // namespace

void analyse_merits(const ReaderCases& study, const ReaderStudyOptions& options, ReaderStudyResult& result) {
  const ReadingTable& table = study.table();
  const auto &humans = study.humans(), &modalities = study.modalities();
  const std::vector<size_t> cases = study.complete(modalities, humans);
  if (cases.size() < table.case_ids.size())
    result.warnings.push_back(fmt::format(
        "{} of {} cases were read by all readers in all modalities; the multi-reader analysis rests on them",
        cases.size(),
        table.case_ids.size()));
  if (cases.size() >= 2)
    for (const stats::Merit merit : merits_for(study, modalities, humans, cases)) {
      const stats::ReaderStudy design = study_of(study, modalities, humans, cases, merit);
      result.modality_analyses.push_back(
          {merit_name(merit),
           names_at(table.modalities, modalities),
           names_at(table.readers, humans),
           int64_t(cases.size()),
           stats::obuchowski_rockette(design, {merit, options.covariance, options.bootstrap}),
           stats::dorfman_berbaum_metz(design, merit)});
    }
  if (!study.ai()) return;
  std::vector<size_t> all = humans;
  all.push_back(*study.ai());
  for (const size_t m : modalities) {
    const std::vector<size_t> common = study.complete({m}, all);
    if (common.size() < 2) continue;
    for (const stats::Merit merit : merits_for(study, {m}, all, common))
      result.method_analyses.push_back(
          {merit_name(merit),
           table.modalities[m],
           names_at(table.readers, humans),
           int64_t(common.size()),
           stats::readers_against_standalone(study_of(study, {m}, humans, common, merit),
                                             study_of(study, {m}, {*study.ai()}, common, merit).score,
                                             {merit, options.covariance, options.bootstrap})});
  }
}

namespace {

/// What the most of them said; of several the one that `preferred` said, else the first in the order of the classes.
int majority(const std::vector<int>& said, size_t classes, std::optional<int> preferred) {
  std::vector<int> votes(classes, 0);
  for (const int one : said) ++votes[size_t(one)];
  const int most = *std::max_element(votes.begin(), votes.end());
  if (preferred && votes[size_t(*preferred)] == most) return *preferred;
  return int(std::find(votes.begin(), votes.end(), most) - votes.begin());
}

class Combiner {
 public:
  Combiner(const ReaderCases& study, const ReaderStudyOptions& options) : study_(study), options_(options) {}

  std::vector<CombinedReading> all() {
    for (const size_t m : study_.modalities()) {
      for (const size_t r : study_.humans()) of_reader(m, r);
      of_majority(m);
    }
    return std::move(result_);
  }

 private:
  void of_reader(size_t m, size_t r) {
    const std::vector<size_t> cases = study_.complete({m}, {r, *study_.ai()});
    if (cases.empty()) return;
    std::vector<int> alone, method, either, both, unsure, best;
    const int positive = int(study_.positive()), negative = 1 - positive;
    for (const size_t i : cases) {
      const Reading &reader = *study_.reading(m, r, i), &ai = *study_.reading(m, *study_.ai(), i);
      alone.push_back(reader.said);
      either.push_back(reader.said == positive || ai.said == positive ? positive : negative);
      both.push_back(reader.said == positive && ai.said == positive ? positive : negative);
      unsure.push_back(options_.unsure && *reader.confidence < *options_.unsure ? ai.said : reader.said);
      best.push_back(study_.right(ai, i) ? ai.said : reader.said);
    }
    if (study_.binary()) {
      add(m, r, "positive where either says so", cases, either, alone);
      add(m, r, "positive where both say so", cases, both, alone);
    }
    if (options_.unsure)
      add(m, r, fmt::format("the method's below a confidence of {:g}", *options_.unsure), cases, unsure, alone);
    add(m, r, "right where either is (upper bound)", cases, best, alone, "it cannot be worse than the reader alone");
  }

  void of_majority(size_t m) {
    std::vector<size_t> everyone = study_.humans();
    everyone.push_back(*study_.ai());
    const std::vector<size_t> cases = study_.complete({m}, everyone);
    if (cases.empty() || study_.humans().size() < 2) return;
    std::vector<int> alone, together;
    for (const size_t i : cases) {
      std::vector<int> said;
      for (const size_t r : study_.humans()) said.push_back(study_.reading(m, r, i)->said);
      alone.push_back(majority(said, study_.table().classes.size(), {}));
      const int ai = study_.reading(m, *study_.ai(), i)->said;
      said.push_back(ai);
      together.push_back(majority(said, study_.table().classes.size(), ai));
    }
    add(m, {}, "majority of readers", cases, alone, alone, "it is what the readings with the method are compared with");
    add(m, {}, "majority of readers and method", cases, together, alone);
  }

  void add(size_t m,
           std::optional<size_t> reader,
           const std::string& rule,
           const std::vector<size_t>& cases,
           const std::vector<int>& combined,
           const std::vector<int>& alone,
           const std::string& why_untested = "") {
    const ReadingTable& table = study_.table();
    CombinedReading one;
    if (reader) one.reader = table.readers[*reader], one.level = table.levels[*reader];
    one.modality = table.modalities[m];
    one.rule = rule;
    one.estimates = study_.estimates(cases, combined);
    std::vector<uint8_t> first, second;
    for (size_t i = 0; i < cases.size(); ++i) {
      first.push_back(combined[i] == table.truth[cases[i]]);
      second.push_back(alone[i] == table.truth[cases[i]]);
    }
    one.counts = stats::paired_counts(first, second);
    one.difference = stats::paired_proportion_difference(one.counts, options_.bootstrap.confidence);
    one.test = why_untested.empty() ? stats::mcnemar_exact(one.counts)
                                    : stats::undefined_outcome("McNemar, exact", one.counts.n(), why_untested);
    result_.push_back(std::move(one));
  }

  const ReaderCases& study_;
  const ReaderStudyOptions& options_;
  std::vector<CombinedReading> result_;
};

}  // namespace

std::vector<CombinedReading> combined_readings(const ReaderCases& study, const ReaderStudyOptions& options) {
  if (!study.ai()) return {};
  return Combiner(study, options).all();
}

}  // namespace hepatica
