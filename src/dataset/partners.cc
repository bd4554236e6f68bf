#include "dataset/partners.h"

#include <algorithm>

namespace hepatica {

Partners::Partners(const Mixture& data, MixOptions options) : data_(data), options_(std::move(options)) {
  for (const MixtureItem& item : data.training()) items_[data.label(item)].push_back(item);
}

std::optional<MixtureItem> Partners::draw(const MixtureItem& item, Rng& rng) const {
  const std::string own = data_.label(item), patient = data_.group(item);
  std::vector<const std::vector<MixtureItem>*> lists;
  std::vector<double> weights;
  for (const auto& [label, items] : items_) {
    lists.push_back(&items);
    weights.push_back(partner_weight(options_, own, label, items.size()));
  }
  if (std::all_of(weights.begin(), weights.end(), [](double w) { return w == 0; })) return std::nullopt;
  for (int attempt = 0; attempt < 8; ++attempt) {
    const std::vector<MixtureItem>& list = *lists[rng.weighted(weights)];
    const MixtureItem& partner = list[size_t(rng.integer(0, int64_t(list.size()) - 1))];
    if (data_.group(partner) != patient) return partner;
  }
  return std::nullopt;
}

}  // namespace hepatica
