// Parting of items by patient.
#pragma once

#include <string>
#include <vector>

namespace hepatica {

/// Indices of the items of each part.
struct Split {
  std::vector<size_t> training, validation;
};

/// Puts about `fraction` of the groups (at least one where there are two or more) on the validation side. A group's
/// side depends on its name and the seed alone, so that adding patients moves no other one. Error{bad_manifest} where
/// there is only one group: nothing would be left to validate on.
Split split_by_group(const std::vector<std::string>& groups, double fraction, uint64_t seed);

/// Error{bad_manifest} naming up to ten groups that lie on both sides.
void check_no_leak(const std::vector<std::string>& groups, const Split& split);

}  // namespace hepatica
