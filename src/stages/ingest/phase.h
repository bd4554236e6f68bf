// The contrast phase of every series of a study.
#pragma once

#include "stages/ingest/phase_text.h"
#include "stages/ingest/sources.h"

namespace hepatica {

/// What the attributes of one series say: the words of its description, then of its protocol, then the delay after the
/// start of the injection (Bae, Radiology 2010;256:32-61: arterial 15 to 45 s, portal venous 50 to 110 s, delayed
/// after 140 s). Unknown where they say nothing.
PhaseGuess phase_from_tags(const SeriesDraft& draft);

/// Sets phase, confidence and source of each accepted CT or picture series; `overrides` win, by UID or 1-based place.
/// Error{not_found} where an override names no series.
void identify_phases(std::vector<SeriesDraft>& series, const IngestOptions& options);

}  // namespace hepatica
