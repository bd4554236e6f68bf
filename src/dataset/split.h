// Parting of items by patient.
#pragma once

#include <string>
#include <vector>

#include "base/options.h"

namespace hepatica {

/// Indices of the items of each part. `test` takes no part in the training.
struct Split {
  std::vector<size_t> training, validation, test;
};

/// Shares of the patients that are kept from training.
struct SplitShares {
  double validation = 0.12, test = 0;
};

/// Parts the groups at random; at least one goes to each part whose share is above 0 where there are enough. A group's
/// place depends on its name and the seed alone, so that adding patients moves hardly another one. Error{bad_manifest}
/// where there are fewer groups than parts.
Split split_by_group(const std::vector<std::string>& groups, const SplitShares& shares, uint64_t seed);

/// What is known of an item for its part.
struct SplitItem {
  std::string patient;
  std::string label;  ///< class
  std::string date;   ///< YYYYMMDD
  std::string centre;
  std::string stated;  ///< "train", "validation", "test" or empty
};

struct SplitOptions {
  SplitShares shares;
  /// "stated": as the data say, the validation share drawn from the training patients where they state none; "random"
  /// where they state nothing. "class": at random within each class. "time": the patients with the newest date are for
  /// test, those before them for validation. "centre": the centres named below; the validation share is drawn from the
  /// others where none is named for it.
  std::string by = "stated";
  std::vector<std::string> validation_centres, test_centres;
};

/// Keys `validation` and `test` (shares of the patients).
SplitShares split_shares(OptionReader& reader);
/// Those, and `split` (`by`), `validation_centres`, `test_centres`.
SplitOptions split_options(OptionReader& reader);

/// Error{bad_manifest} where a patient lies in two parts, has no date ("time") or two centres, where a centre named
/// does not occur, or where nothing is left to train on.
Split split_items(const std::vector<SplitItem>& items, const SplitOptions& options, uint64_t seed);

/// Error{bad_manifest} naming up to ten groups that lie in two parts.
void check_no_leak(const std::vector<std::string>& groups, const Split& split);

}  // namespace hepatica
