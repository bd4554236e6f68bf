// The contrast phase of every series of a study.
#pragma once

#include <array>

#include "stages/ingest/phase_model.h"
#include "stages/ingest/phase_text.h"
#include "stages/ingest/sources.h"

namespace hepatica {

/// What the attributes of one series say: the words of its description, then of its protocol, then the delay after the
/// start of the injection (Bae, Radiology 2010;256:32-61: arterial 15 to 45 s, portal venous 50 to 110 s, delayed
/// after 140 s). Unknown where they say nothing.
PhaseGuess phase_from_tags(const SeriesDraft& draft);

/// Aorta, liver and renal pelvis of a scan with slices of a few mm. `top_hu` is where its values end (windowed
/// pictures): the renal pelvis is not measured then.
OrganHu measure_organs(const Volume<int16_t>& hu, std::optional<double> top_hu = std::nullopt);

/// Phases in the order in which series were acquired never go back, and arterial or portal venous scans more than 40 s
/// apart are hardly both that. Of all such assignments to `log_probabilities` (one row a series, in the order of
/// `contrast_phases()`; `times` in seconds, those of one moment share a phase or not as they like) the most probable,
/// as places in `contrast_phases()`.
std::vector<size_t> most_probable_in_order(const std::vector<std::array<double, 4>>& log_probabilities,
                                           const std::vector<double>& times);

/// Sets phase, confidence and source of each accepted CT or picture series: tags and image are combined as independent
/// evidence, then the order of acquisition counts; where tags and image disagree, source and a warning say so.
/// `overrides` win, by UID or 1-based place. Error{not_found} where an override names no series.
void identify_phases(std::vector<SeriesDraft>& series, const IngestOptions& options);

}  // namespace hepatica
