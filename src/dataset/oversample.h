// Repeating the items of small classes.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "dataset/mixture.h"

namespace hepatica {

/// LiLNet's resampling (github.com/yangmeiyi/Liver, commit 2032589, dataloader/dataloader_two_classification.py lines
/// 190 to 203): of a class of n items, where the largest has `most`, the whole list floor(most / n) times and its first
/// most - floor(most / n) n items once more, so that every class gives `most`. Classes one after the other by name,
/// items in the order given.
std::vector<MixtureItem> oversampled(const std::vector<MixtureItem>& items,
                                     const std::function<std::string(const MixtureItem&)>& class_of);

/// `count` of `items` in random order: whole shuffled rounds one after the other, the last one cut.
std::vector<MixtureItem> shuffled_rounds(const std::vector<MixtureItem>& items, size_t count, Rng rng);

}  // namespace hepatica
