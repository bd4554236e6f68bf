// Figures of merit of all readers and their covariances over cases: what the analyses of reader studies start from.
#pragma once

#include <vector>

#include "stats/mrmc.h"

namespace hepatica::stats {

/// Figures of merit per arm (modality * readers + reader).
std::vector<double> merits_of(const ReaderStudy& study, Merit merit);

/// Figures of merit with each case left out: [arm][case].
std::vector<std::vector<double>> merits_left_out(const ReaderStudy& study, Merit merit);

/// Covariance matrix of the figures of merit over cases: [arm][arm].
std::vector<std::vector<double>> merit_covariance(const ReaderStudy& study, const MrmcOptions& options);

/// Error{bad_values} where the design is empty, a score is no number or, for AUC, a class has fewer than two cases.
void check_study(const ReaderStudy& study, Merit merit);

}  // namespace hepatica::stats
