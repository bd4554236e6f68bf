// Readers one by one: how well they do, and how they agree with the method and with each other.
#include <algorithm>

#include "evaluate/reader_cases.h"
#include "stats/roc.h"

namespace hepatica {
namespace {

/// Cases that a reader has read in a modality, with what was said.
struct Readings {
  std::vector<size_t> cases;
  std::vector<int> said;
  std::vector<double> rating;  ///< empty where one is missing
};

Readings readings_of(const ReaderCases& study, size_t modality, const std::vector<size_t>& readers) {
  Readings result;
  bool rated = true;
  for (const size_t r : readers)
    for (size_t i = 0; i < study.table().case_ids.size(); ++i) {
      const auto& reading = study.reading(modality, r, i);
      if (!reading) continue;
      result.cases.push_back(i);
      result.said.push_back(reading->said);
      const auto rating = study.rating(*reading);
      rated = rated && rating;
      if (rated) result.rating.push_back(*rating);
    }
  if (!rated) result.rating.clear();
  return result;
}

ReaderScore score_of(const ReaderCases& study, size_t modality, const std::vector<size_t>& readers, double confidence) {
  const Readings readings = readings_of(study, modality, readers);
  ReaderScore score;
  score.modality = study.table().modalities[modality];
  score.readers = int64_t(readers.size());
  score.n = int64_t(readings.cases.size());
  score.estimates = study.estimates(readings.cases, readings.said);
  if (readers.size() != 1 || readings.rating.empty()) return score;
  std::vector<uint8_t> is_positive;
  for (const size_t i : readings.cases) is_positive.push_back(size_t(study.table().truth[i]) == study.positive());
  score.estimates.push_back({"auc", stats::auc_delong(readings.rating, is_positive, confidence), {}});
  return score;
}

}  // namespace

std::vector<ReaderScore> reader_scores(const ReaderCases& study, const ReaderStudyOptions& options) {
  const ReadingTable& table = study.table();
  std::vector<ReaderScore> scores;
  const auto add =
      [&](size_t m, const std::vector<size_t>& readers, const std::string& reader, const std::string& level) {
        ReaderScore score = score_of(study, m, readers, options.bootstrap.confidence);
        if (score.n == 0) return;
        score.reader = reader;
        score.level = level;
        scores.push_back(std::move(score));
      };
  for (const size_t m : study.modalities()) {
    if (study.ai()) add(m, {*study.ai()}, table.readers[*study.ai()], "");
    for (const size_t r : study.humans()) add(m, {r}, table.readers[r], table.levels[r]);
    for (const std::string& level : study.levels()) add(m, study.humans_of(level), "", level);
    add(m, study.humans(), "", "");
  }
  return scores;
}

std::vector<ReaderAgreement> reader_agreement(const ReaderCases& study, const ReaderStudyOptions& options) {
  std::vector<ReaderAgreement> all;
  if (!study.ai()) return all;
  const ReadingTable& table = study.table();
  for (const size_t m : study.modalities())
    for (const size_t r : study.humans()) {
      std::vector<uint8_t> method, reader;
      for (const size_t i : study.complete({m}, {r, *study.ai()})) {
        method.push_back(study.right(*study.reading(m, *study.ai(), i), i));
        reader.push_back(study.right(*study.reading(m, r, i), i));
      }
      ReaderAgreement one{table.readers[r], table.levels[r], table.modalities[m], {}, {}, {}, {}, {}, {}, {}};
      one.counts = stats::paired_counts(method, reader);
      one.difference = stats::paired_proportion_difference(one.counts, options.bootstrap.confidence);
      one.exact = stats::mcnemar_exact(one.counts);
      one.mid_p = stats::mcnemar_mid_p(one.counts);
      one.chi_square = stats::mcnemar_chi_square(one.counts);
      all.push_back(one);
    }
  std::vector<ReaderAgreement*> with_p;
  std::vector<double> p;
  for (ReaderAgreement& one : all)
    if (one.exact.p) with_p.push_back(&one), p.push_back(*one.exact.p);
  const std::vector<double> holm = stats::holm(p), bh = stats::benjamini_hochberg(p);
  for (size_t i = 0; i < p.size(); ++i) {
    with_p[i]->holm = holm[i];
    with_p[i]->benjamini_hochberg = bh[i];
  }
  return all;
}

std::vector<PairKappa> pair_kappas(const ReaderCases& study, const ReaderStudyOptions& options) {
  const ReadingTable& table = study.table();
  std::vector<size_t> raters;
  if (study.ai()) raters.push_back(*study.ai());
  raters.insert(raters.end(), study.humans().begin(), study.humans().end());
  std::vector<PairKappa> all;
  const size_t k = table.classes.size();
  for (const size_t m : study.modalities())
    for (size_t a = 0; a < raters.size(); ++a)
      for (size_t b = a + 1; b < raters.size(); ++b) {
        std::vector<std::vector<int64_t>> counts(k, std::vector<int64_t>(k, 0));
        for (const size_t i : study.complete({m}, {raters[a], raters[b]}))
          ++counts[size_t(study.reading(m, raters[a], i)->said)][size_t(study.reading(m, raters[b], i)->said)];
        all.push_back({table.readers[raters[a]],
                       table.readers[raters[b]],
                       table.modalities[m],
                       stats::cohen_kappa(counts, options.weights, options.bootstrap.confidence)});
      }
  return all;
}

std::vector<GroupKappa> group_kappas(const ReaderCases& study, const ReaderStudyOptions& options) {
  const ReadingTable& table = study.table();
  std::vector<std::string> levels{""};
  levels.insert(levels.end(), study.levels().begin(), study.levels().end());
  std::vector<GroupKappa> all;
  for (const size_t m : study.modalities())
    for (const std::string& level : levels) {
      const std::vector<size_t> readers = study.humans_of(level);
      if (readers.size() < 2) continue;
      std::vector<std::vector<int64_t>> counts;
      for (const size_t i : study.complete({m}, readers)) {
        counts.emplace_back(table.classes.size(), 0);
        for (const size_t r : readers) ++counts.back()[size_t(study.reading(m, r, i)->said)];
      }
      all.push_back({level,
                     table.modalities[m],
                     int64_t(readers.size()),
                     stats::fleiss_kappa(counts, options.bootstrap.confidence)});
    }
  return all;
}

}  // namespace hepatica
