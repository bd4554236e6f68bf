// An axis of a chart: its range, its ticks and their text.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace hepatica::draw {

struct Axis {
  std::string label;
  std::optional<double> low, high;  ///< absent: from the data, widened to the next tick
  bool logarithmic = false;
  bool percent = false;  ///< 0..1 is written as 0 to 100; say "(%)" in the label
  bool ticks = true;
  std::vector<double> tick_values{};  ///< empty: chosen
  int wanted_ticks = 5;
};

/// Where values lie between the ends of an axis.
struct Scale {
  double low = 0, high = 1;
  bool logarithmic = false;

  /// 0 at `low`, 1 at `high`; beyond them for values outside. A value that a logarithmic axis cannot show lies at -1.
  double position(double value) const;
};

struct Tick {
  double value = 0;
  std::string text;
};

/// The range of an axis whose data lie within [data_low, data_high]; never empty, whatever they are.
Scale scale_of(const Axis& axis, double data_low, double data_high);

/// Ticks at multiples of 1, 2, 2.5 or 5 times a power of ten; on a logarithmic axis at 1, 2 and 5 times a power of ten,
/// or at powers alone where there are many.
std::vector<Tick> ticks_of(const Axis& axis, const Scale& scale);

/// "0.25", "1,000", with a true minus sign; as many digits as tell `step` apart.
std::string tick_text(double value, double step);

}  // namespace hepatica::draw
