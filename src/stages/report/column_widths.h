// How wide the columns of a printed table are.
#pragma once

#include <vector>

#include "stages/report/content.h"

namespace hepatica::report {

/// Widths that add up to `width`. Where all fits, each column gets what its longest cell or title word needs and the
/// rest is shared evenly; else numbers get what they need and texts share what remains by their weights; where that is
/// too little for texts, all columns share by weight. `gap` is the part of each column that stays free at its right.
std::vector<double> column_widths(const Table& table, double width, double text_size, double gap);

}  // namespace hepatica::report
