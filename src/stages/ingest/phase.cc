#include "stages/ingest/phase.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "base/progress.h"
#include "stages/ingest/age.h"
#include "stages/ingest/clock.h"
#include "stages/ingest/landmarks.h"

namespace hepatica {
namespace {

using Probabilities = std::array<double, 4>;

/// The image is right at most this often: it cannot outweigh everything else.
constexpr double kImageTrust = 0.98;

std::string tag_of(const Series& series, const char* keyword) {
  const auto tag = series.tags.find(keyword);
  return tag == series.tags.end() ? std::string() : tag->second;
}

PhaseGuess phase_from_delay(const SeriesDraft& draft) {
  const double injected = seconds_since_midnight(tag_of(draft.series, "ContrastBolusStartTime"));
  if (injected < 0 || draft.first_acquired_s < 0) return {};
  const double seconds = draft.first_acquired_s - injected;
  const std::string why = fmt::format("{:.0f} s after the start of the injection", seconds);
  // The limits below are an adult's.
  const double delay = seconds * circulation_tempo(age_from_tags(draft.series.tags));
  if (delay < -5 && delay > -3600) return {Phase::noncontrast, 0.8, why};
  if (delay >= 15 && delay <= 45) return {Phase::arterial, 0.75, why};
  if (delay >= 50 && delay <= 110) return {Phase::portal_venous, 0.75, why};
  if (delay >= 140 && delay <= 1800) return {Phase::delayed, 0.75, why};
  return {};
}

size_t place_of(Phase phase) { return size_t(phase) - 1; }

/// `confidence` on one phase, the rest shared by the others.
Probabilities spread(Phase phase, double confidence) {
  if (phase == Phase::unknown) return {0.25, 0.25, 0.25, 0.25};
  Probabilities probabilities;
  probabilities.fill((1 - confidence) / 3);
  probabilities[place_of(phase)] = confidence;
  return probabilities;
}

size_t largest(const Probabilities& p) { return size_t(std::max_element(p.begin(), p.end()) - p.begin()); }

/// What is known of one series before the order in time counts.
struct Evidence {
  PhaseGuess tags;
  std::optional<OrganHu> organs;
  Probabilities image{0.25, 0.25, 0.25, 0.25}, both{};

  bool has_image() const { return organs && (organs->aorta || organs->liver); }
};

std::string describe(const OrganHu& organs) {
  std::string text;
  if (organs.aorta) text += fmt::format("aorta {:.0f} HU", *organs.aorta);
  if (organs.liver) text += fmt::format("{}liver {:.0f} HU", text.empty() ? "" : ", ", *organs.liver);
  return text;
}

std::optional<double> top_of(const Series& series, const IngestOptions& options) {
  if (series.values != Values::windowed) return std::nullopt;
  return options.pictures.level + options.pictures.width / 2;
}

/// A CT slice has air at -1000 HU around or in the body, and bone or blood above water.
bool looks_like_hu(const Volume<int16_t>& hu, Series& series) {
  const auto [low, high] = std::minmax_element(hu.values().begin(), hu.values().end());
  if (*low < -200 && *high > 30) return true;
  series.warnings.push_back(fmt::format("values from {} to {} do not look like HU of a whole CT slice", *low, *high));
  return false;
}

void look_at_image(SeriesDraft& draft, const IngestOptions& options, Evidence& evidence) {
  try {
    const auto top = top_of(draft.series, options);
    const Volume<int16_t> coarse = draft.coarse();
    if (draft.series.values == Values::hounsfield && !looks_like_hu(coarse, draft.series)) return;
    evidence.organs = measure_organs(coarse, top);
    const OrganHu& organs = *evidence.organs;
    if (!evidence.has_image()) return;
    evidence.image = phase_probabilities(organs);
    for (double& p : evidence.image) p = kImageTrust * p + (1 - kImageTrust) / 4;
    if (top && organs.aorta && *organs.aorta > *top - 5)
      draft.series.warnings.push_back(fmt::format(
          "the aorta is as bright as the pictures' window ends ({:.0f} HU): its phase is judged from that", *top));
  } catch (const Error& error) {
    if (error.code() == ErrorCode::interrupted) throw;
    draft.series.warnings.push_back(fmt::format("its phase could not be judged from the image: {}", error.what()));
  }
}

Evidence gather(SeriesDraft& draft, const IngestOptions& options) {
  Evidence evidence;
  evidence.tags = phase_from_tags(draft);
  if (options.phase_from_image && draft.coarse) look_at_image(draft, options, evidence);
  const Probabilities tags = spread(evidence.tags.phase, evidence.tags.confidence);
  double total = 0;
  for (size_t p = 0; p < 4; ++p) total += evidence.both[p] = tags[p] * evidence.image[p];
  for (double& p : evidence.both) p /= total;
  return evidence;
}

void settle(Series& series, const Evidence& evidence, size_t chosen) {
  const bool by_tags = evidence.tags.phase != Phase::unknown, by_image = evidence.has_image();
  if (!by_tags && !by_image) {
    series.phase_source = "none";
    return;
  }
  series.phase = contrast_phases()[chosen];
  series.phase_confidence = evidence.both[chosen];
  const size_t seen = largest(evidence.image);
  if (!by_tags || !by_image) {
    series.phase_source = by_tags ? "tags" : "image";
  } else if (place_of(evidence.tags.phase) == seen) {
    series.phase_source = "tags+image";
  } else {
    const bool tags_won = series.phase == evidence.tags.phase;
    series.phase_source = fmt::format("{} ({}: {})",
                                      tags_won ? "tags" : "image",
                                      tags_won ? "image says" : "tags say",
                                      name_of(tags_won ? contrast_phases()[seen] : evidence.tags.phase));
    series.warnings.push_back(
        fmt::format("tags and image disagree on the phase: {} by {}, {} by {}; state it with "
                    "--phase if {} is wrong",
                    name_of(evidence.tags.phase),
                    evidence.tags.why,
                    name_of(contrast_phases()[seen]),
                    describe(*evidence.organs),
                    name_of(series.phase)));
  }
  if (by_image && chosen != largest(evidence.both))
    series.warnings.push_back(fmt::format("taken for {} because of when it was acquired; alone it would be {}",
                                          name_of(series.phase),
                                          name_of(contrast_phases()[largest(evidence.both)])));
}

/// What it costs to take two scans that are `pause` seconds apart for one phase: nobody scans the arterial or the
/// portal venous phase twice.
double repeat_cost(size_t phase, size_t other, double pause) {
  const bool brief = contrast_phases()[phase] == Phase::arterial || contrast_phases()[phase] == Phase::portal_venous;
  return phase == other && brief && pause > 40 ? 3.0 : 0.0;
}

/// The most probable phases, with the order of acquisition where all times are known.
std::vector<size_t> choose(const std::vector<SeriesDraft*>& drafts, const std::vector<Evidence>& evidence) {
  std::vector<size_t> chosen;
  for (const Evidence& e : evidence) chosen.push_back(largest(e.both));
  std::vector<size_t> order;
  for (size_t i = 0; i < drafts.size(); ++i)
    if (drafts[i]->first_acquired_s >= 0 && (evidence[i].has_image() || evidence[i].tags.phase != Phase::unknown))
      order.push_back(i);
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return drafts[a]->first_acquired_s < drafts[b]->first_acquired_s;
  });
  std::vector<Probabilities> logs;
  std::vector<double> times;
  for (size_t i : order) {
    times.push_back(drafts[i]->first_acquired_s);
    Probabilities row;
    for (size_t p = 0; p < 4; ++p) row[p] = std::log(std::max(1e-6, evidence[i].both[p]));
    logs.push_back(row);
  }
  const std::vector<size_t> ordered = most_probable_in_order(logs, times);
  for (size_t n = 0; n < order.size(); ++n) chosen[order[n]] = ordered[n];
  return chosen;
}

void apply_overrides(std::vector<SeriesDraft>& series, const std::map<std::string, Phase>& overrides) {
  for (const auto& [name, phase] : overrides) {
    auto found = std::find_if(
        series.begin(), series.end(), [&name = name](const SeriesDraft& d) { return d.series.uid == name; });
    const bool is_number = !name.empty() && name.size() < 6 &&
                           std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isdigit(c); });
    if (found == series.end() && is_number) {
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
  for (const char* keyword : {"FileName", "SeriesDescription", "ProtocolName", "ImageComments"}) {
    const std::string text = tag_of(draft.series, keyword);
    PhaseGuess guess = std::string_view(keyword) == "FileName" ? phase_from_file_name(text) : phase_from_words(text);
    if (guess.phase != Phase::unknown) return guess;
  }
  return phase_from_delay(draft);
}

OrganHu measure_organs(const Volume<int16_t>& hu, std::optional<double> top_hu) {
  const CoarseCt ct = coarse_ct_from(hu);
  const std::vector<SlicePoint> canal = find_spinal_canal(ct);
  std::vector<SlicePoint> aorta = find_aorta(ct, canal);
  OrganHu organs;
  if (!aorta.empty()) {
    const auto middle = aorta.begin() + std::ptrdiff_t(aorta.size() / 2);
    std::nth_element(
        aorta.begin(), middle, aorta.end(), [](const SlicePoint& a, const SlicePoint& b) { return a.hu < b.hu; });
    organs.aorta = middle->hu;
  }
  if (const auto liver = find_liver(ct, canal)) organs.liver = liver->hu;
  if (!top_hu) organs.renal_pelvis = find_renal_pelvis(ct, canal);
  return organs;
}

std::vector<size_t> most_probable_in_order(const std::vector<std::array<double, 4>>& log_probabilities,
                                           const std::vector<double>& times) {
  // best[n][p]: of the first n + 1 series, the last having phase p and none later than p, the best total.
  // Series of one moment are put in the order of their own best phase, so that they may differ.
  const size_t count = log_probabilities.size();
  std::vector<size_t> order(count);
  std::iota(order.begin(), order.end(), size_t(0));
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    if (std::abs(times[a] - times[b]) >= 1) return times[a] < times[b];
    return largest(log_probabilities[a]) < largest(log_probabilities[b]);
  });
  std::vector<std::array<double, 4>> best(count);
  std::vector<std::array<size_t, 4>> from(count);
  for (size_t n = 0; n < count; ++n)
    for (size_t p = 0; p < 4; ++p) {
      from[n][p] = p;
      const double pause = n > 0 ? times[order[n]] - times[order[n - 1]] : 0;
      const auto before = [&](size_t q) { return best[n - 1][q] - repeat_cost(p, q, pause); };
      if (n > 0)
        for (size_t q = 0; q <= p; ++q)
          if (before(q) > before(from[n][p])) from[n][p] = q;
      best[n][p] = log_probabilities[order[n]][p] + (n > 0 ? before(from[n][p]) : 0);
    }
  std::vector<size_t> chosen(count);
  for (size_t n = count, p = count > 0 ? largest(best[count - 1]) : 0; n-- > 0;) {
    chosen[order[n]] = p;
    p = from[n][p];
  }
  return chosen;
}

void identify_phases(std::vector<SeriesDraft>& series, const IngestOptions& options) {
  std::vector<SeriesDraft*> open;
  std::vector<Evidence> evidence;
  for (SeriesDraft& draft : series)
    if (draft.series.accepted && draft.series.modality != Modality::mr && draft.series.phase_source.empty())
      open.push_back(&draft);
  Progress progress("judging contrast phases", open.size());
  for (SeriesDraft* draft : open) {
    evidence.push_back(gather(*draft, options));
    progress.advance();
  }
  const std::vector<size_t> chosen = choose(open, evidence);
  for (size_t i = 0; i < open.size(); ++i) settle(open[i]->series, evidence[i], chosen[i]);
  apply_overrides(series, options.phase_overrides);
  for (SeriesDraft& draft : series)
    if (draft.series.phase_source.empty()) draft.series.phase_source = "none";
}

}  // namespace hepatica
