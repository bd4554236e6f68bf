// No number leaves the program that cannot be.
#pragma once

#include <string>
#include <vector>

#include "evaluate/evaluation.h"

namespace hepatica {

/// What is wrong with an estimate; empty where nothing is. A value that is absent must say why; one that is present is
/// finite and lies within its interval; a share lies within 0 and 1, and its interval too.
std::string fault_of(const std::string& name, const stats::Estimate& estimate, bool is_share);

/// True for metrics that are shares of cases or voxels, or areas within the unit square.
bool is_share(const std::string& metric);

/// Refuses to go on where a table of the evaluation cannot be right: an estimate with a fault, a confusion matrix whose
/// counts do not add up to n, strata of a column whose n do not. Error{internal} names up to ten of them.
void check_numbers(const Evaluation& evaluation);

/// Likewise for any list of named estimates.
void check_numbers(const std::vector<stats::NamedEstimate>& estimates);

}  // namespace hepatica
