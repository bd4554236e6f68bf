#include "dataset/oversample.h"

#include <algorithm>
#include <map>

namespace hepatica {

std::vector<MixtureItem> oversampled(const std::vector<MixtureItem>& items,
                                     const std::function<std::string(const MixtureItem&)>& class_of) {
  std::map<std::string, std::vector<MixtureItem>> classes;
  for (const MixtureItem& item : items) classes[class_of(item)].push_back(item);
  size_t most = 0;
  for (const auto& [name, members] : classes) most = std::max(most, members.size());
  std::vector<MixtureItem> all;
  for (const auto& [name, members] : classes) {
    for (size_t n = 0; n < most; ++n) all.push_back(members[n % members.size()]);
  }
  return all;
}

std::vector<MixtureItem> shuffled_rounds(const std::vector<MixtureItem>& items, size_t count, Rng rng) {
  std::vector<MixtureItem> drawn;
  while (drawn.size() < count && !items.empty()) {
    std::vector<MixtureItem> round = items;
    rng.shuffle(round);
    round.resize(std::min(round.size(), count - drawn.size()));
    drawn.insert(drawn.end(), round.begin(), round.end());
  }
  return drawn;
}

}  // namespace hepatica
