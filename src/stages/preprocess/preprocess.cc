#include "stages/preprocess/preprocess.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <tuple>

#include "base/threads.h"
#include "image/orient.h"

namespace hepatica {
namespace {

constexpr double kConfidenceStep = 0.1, kExtentStep_mm = 50;
/// Below this the phase of a series counts as a guess that the report must say.
constexpr double kSureConfidence = 0.5;

/// Larger is better.
auto rank(const Series& series, const PreprocessOptions& options) {
  const Geometry axial = reordered(series.geometry, axial_order(series.geometry));
  const double spacing = axial.spacing[2];
  const double off = std::max({0.0, options.thinnest_mm - spacing, spacing - options.thickest_mm});
  return std::make_tuple(std::floor(series.phase_confidence / kConfidenceStep + 1e-6),
                         std::floor(double(axial.size[2]) * spacing / kExtentStep_mm),
                         -off,
                         axial.size[2]);
}

template <class Wanted>
std::optional<size_t> best_series(const Study& study, const PreprocessOptions& options, const Wanted& wanted) {
  std::optional<size_t> best;
  for (size_t s = 0; s < study.series.size(); ++s) {
    const Series& series = study.series[s];
    if (!series.accepted || !series.load || series.modality == Modality::mr || !wanted(series)) continue;
    if (!best || rank(series, options) > rank(study.series[*best], options)) best = s;
  }
  return best;
}

std::string shown(const Series& series) { return series.description.empty() ? series.uid : series.description; }

[[noreturn]] void fail_without_series(const Study& study) {
  std::string reasons;
  for (const Series& series : study.series)
    reasons += fmt::format("{}'{}': {}", reasons.empty() ? "" : "; ", shown(series), series.reason);
  throw Error(ErrorCode::no_images,
              fmt::format("{}: no CT series that can be diagnosed{}; `hepatica ingest` shows what was found",
                          study.source,
                          reasons.empty() ? "" : " (" + reasons + ")"));
}

}  // namespace

PreprocessOptions read_preprocess_options(const Block& block) {
  PreprocessOptions options;
  OptionReader reader(block);
  options.thinnest_mm = reader.number("thinnest_mm", options.thinnest_mm, 0.1, 20);
  options.thickest_mm = reader.number("thickest_mm", options.thickest_mm, options.thinnest_mm, 20);
  options.fall_back = reader.boolean("fall_back", options.fall_back);
  reader.finish();
  return options;
}

SeriesChoice choose_series(const Study& study, const std::vector<Phase>& phases, const PreprocessOptions& options) {
  SeriesChoice choice;
  std::vector<std::string> missing;
  for (Phase phase : phases) {
    const auto best = best_series(study, options, [&](const Series& series) { return series.phase == phase; });
    if (!best) {
      missing.emplace_back(name_of(phase));
      continue;
    }
    choice.chosen.push_back({*best, phase});
    const Series& series = study.series[*best];
    if (series.phase_confidence < kSureConfidence)
      choice.warnings.push_back(fmt::format("the phase of series '{}' is uncertain: taken as {} with confidence {:.2f}",
                                            shown(series),
                                            name_of(phase),
                                            series.phase_confidence));
  }
  if (choice.chosen.empty() && options.fall_back) {
    const auto best = best_series(study, options, [](const Series&) { return true; });
    if (!best) fail_without_series(study);
    const Series& series = study.series[*best];
    choice.chosen.push_back({*best, series.phase});
    choice.warnings.push_back(fmt::format("no series of phase {}: used series '{}' of phase {} instead",
                                          fmt::join(missing, " or "),
                                          shown(series),
                                          name_of(series.phase)));
  } else if (!missing.empty() && !choice.chosen.empty()) {
    choice.warnings.push_back(
        fmt::format("no series of phase {}: the result rests on the others alone", fmt::join(missing, " or ")));
  }
  if (choice.chosen.empty()) fail_without_series(study);
  return choice;
}

PreprocessedStudy preprocess(const Study& study, const std::vector<Phase>& phases, const PreprocessOptions& options) {
  const SeriesChoice choice = choose_series(study, phases, options);
  PreprocessedStudy preprocessed;
  preprocessed.warnings = choice.warnings;
  for (const ChosenSeries& chosen : choice.chosen) {
    check_interrupted();
    const Series& series = study.series[chosen.series];
    PhaseImage image;
    image.series = chosen.series;
    image.phase = chosen.phase;
    image.hu = to_axial(series.load());
    if (image.hu.empty())
      throw Error(ErrorCode::no_images, fmt::format("{}: series '{}' has no voxels", study.source, shown(series)));
    for (const std::string& warning : series.warnings)
      preprocessed.warnings.push_back(fmt::format("series '{}': {}", shown(series), warning));
    preprocessed.images.push_back(std::move(image));
  }
  return preprocessed;
}

}  // namespace hepatica
