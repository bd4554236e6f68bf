// Reporting checklists, filled in as far as an evaluation can say it.
#pragma once

#include <string>
#include <vector>

#include "evaluate/evaluation.h"

namespace hepatica {

/// "stard_ai", "claim" and "tripod_ai".
const std::vector<std::string>& checklist_names();

/// The checklist as a Markdown table: topic, what is to be said (in this project's words; the publications hold the
/// items' own), and what the evaluation says or "**to be filled in by the authors**". STARD with its additions for AI
/// (Bossuyt et al., BMJ 2015; Sounderajah et al., Nature Medicine 2025), CLAIM (Mongan et al., Radiology: Artificial
/// Intelligence 2020; Tejani et al. 2024), TRIPOD+AI (Collins et al., BMJ 2024). `evaluation` is the document of
/// `json_from_evaluation`.
std::string checklist(const std::string& name, const nlohmann::json& evaluation, const std::string& program);

}  // namespace hepatica
