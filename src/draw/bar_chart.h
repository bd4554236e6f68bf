// Grouped bars with intervals: the same figures for several methods, thresholds or phases. Bars of negative values hang
// from the line at 0.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "draw/axis.h"
#include "draw/drawing.h"

namespace hepatica::draw {

struct Bar {
  std::optional<double> value, lower, upper;  ///< without a value the place stays empty
};

struct BarChart {
  std::string title;
  Axis y;
  std::string groups_label;
  std::vector<std::string> groups;     ///< along the x axis
  std::vector<std::string> series;     ///< one colour each, side by side within a group
  std::vector<std::vector<Bar>> bars;  ///< [series][group]
  bool values = true;                  ///< write each value above its bar
  int digits = 1;
  double plot_width = 260, plot_height = 150;
};

/// The CSV has "group,series,value,lower,upper". The legend stands above the bars.
Drawing draw_bars(const BarChart& chart, const std::string& alt = "");

}  // namespace hepatica::draw
