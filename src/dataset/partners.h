// Which training items may be mixed with one.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "dataset/mix.h"
#include "dataset/mixture.h"

namespace hepatica {

/// The training items of a mixture by label: validation items are never partners.
class Partners {
 public:
  Partners(const Mixture& data, MixOptions options);
  /// A label by `partner_weight`, then one of its items with equal chances, of another patient. nullopt where no label
  /// has a weight, or only the patient's own items were drawn (eight times).
  std::optional<MixtureItem> draw(const MixtureItem& item, Rng& rng) const;

 private:
  const Mixture& data_;
  MixOptions options_;
  std::map<std::string, std::vector<MixtureItem>> items_;
};

}  // namespace hepatica
