// How wide the columns of a printed table are.
#pragma once

#include <vector>

#include "stages/report/content.h"

namespace hepatica::report {

/// Widths that add up to `width`: numbers get what their longest cell or title word needs, texts share the rest by
/// their weights. Where that leaves texts too little, all columns share by weight. `gap` is the part of each column
/// that stays free at its right.
std::vector<double> column_widths(const Table& table, double width, double text_size, double gap);

}  // namespace hepatica::report
