// Recipes with single values replaced.
#pragma once

#include "base/options.h"

namespace hepatica {

/// `recipe` with the values of `overrides`, a mapping from dotted keys to values, such as
///     train.classify.*.input.mask: none
/// A `*` stands for every key that the recipe has at that place; blocks that are not there are made, but for the first
/// part of a key. What a key means is for the block's reader to check. Error{bad_recipe} where a `*` has no block to
/// stand in, or a part is no block.
Block with_overrides(const Block& recipe, const Block& overrides);

}  // namespace hepatica
