#include "stages/ingest/phase.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "stages/ingest/clock.h"

namespace hepatica {
namespace {

std::string tag_of(const Series& series, const char* keyword) {
  const auto tag = series.tags.find(keyword);
  return tag == series.tags.end() ? std::string() : tag->second;
}

PhaseGuess phase_from_delay(const SeriesDraft& draft) {
  const double injected = seconds_since_midnight(tag_of(draft.series, "ContrastBolusStartTime"));
  if (injected < 0 || draft.first_acquired_s < 0) return {};
  const double delay = draft.first_acquired_s - injected;
  const std::string why = fmt::format("{:.0f} s after the start of the injection", delay);
  if (delay < -5 && delay > -3600) return {Phase::noncontrast, 0.8, why};
  if (delay >= 15 && delay <= 45) return {Phase::arterial, 0.75, why};
  if (delay >= 50 && delay <= 110) return {Phase::portal_venous, 0.75, why};
  if (delay >= 140 && delay <= 1800) return {Phase::delayed, 0.75, why};
  return {};
}

void apply_overrides(std::vector<SeriesDraft>& series, const std::map<std::string, Phase>& overrides) {
  for (const auto& [name, phase] : overrides) {
    auto found = std::find_if(series.begin(), series.end(), [&](const SeriesDraft& d) { return d.series.uid == name; });
    if (found == series.end() && !name.empty() && name.size() < 6 &&
        std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isdigit(c); })) {
      const auto place = size_t(std::stoul(name));
      if (place >= 1 && place <= series.size()) found = series.begin() + std::ptrdiff_t(place - 1);
    }
    if (found == series.end())
      throw Error(
          ErrorCode::not_found,
          fmt::format("--phase names the series '{}', which the study does not hold; see 'hepatica ingest'", name));
    found->series.phase = phase;
    found->series.phase_confidence = 1;
    found->series.phase_source = "user";
  }
}

}  // namespace

PhaseGuess phase_from_tags(const SeriesDraft& draft) {
  for (const char* keyword : {"SeriesDescription", "ProtocolName", "ImageComments"})
    if (PhaseGuess guess = phase_from_words(tag_of(draft.series, keyword)); guess.phase != Phase::unknown) return guess;
  return phase_from_delay(draft);
}

void identify_phases(std::vector<SeriesDraft>& series, const IngestOptions& options) {
  for (SeriesDraft& draft : series) {
    Series& s = draft.series;
    if (!s.accepted || s.modality == Modality::mr || !s.phase_source.empty()) continue;
    const PhaseGuess guess = phase_from_tags(draft);
    s.phase = guess.phase;
    s.phase_confidence = guess.confidence;
    s.phase_source = guess.phase == Phase::unknown ? "none" : "tags";
  }
  apply_overrides(series, options.phase_overrides);
  for (SeriesDraft& draft : series)
    if (draft.series.phase_source.empty()) draft.series.phase_source = "none";
}

}  // namespace hepatica
