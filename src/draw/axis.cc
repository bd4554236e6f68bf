#include "draw/axis.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace hepatica::draw {
namespace {

/// The step of 1, 2, 2.5 or 5 times a power of ten that gives about `wanted` ticks.
double step_of(double range, int wanted) {
  const double rough = range / std::max(1, wanted), power = std::pow(10, std::floor(std::log10(rough)));
  for (const double multiple : {1.0, 2.0, 2.5, 5.0})
    if (rough <= multiple * power * 1.0001) return multiple * power;
  return 10 * power;
}

std::string with_separators(const std::string& digits) {
  const size_t point = std::min(digits.find('.'), digits.size());
  std::string text;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && i < point && (point - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

std::vector<double> logarithmic_values(const Scale& scale) {
  std::vector<double> powers, all;
  const int first = int(std::floor(std::log10(scale.low))), last = int(std::ceil(std::log10(scale.high)));
  for (int exponent = first; exponent <= last; ++exponent)
    for (const double multiple : {1.0, 2.0, 5.0}) {
      const double value = multiple * std::pow(10, exponent);
      if (value < scale.low * 0.9999 || value > scale.high * 1.0001) continue;
      all.push_back(value);
      if (multiple == 1) powers.push_back(value);
    }
  return powers.size() >= 4 || all.size() < 2 ? powers : all;
}

std::vector<double> linear_values(const Scale& scale, double step) {
  std::vector<double> values;
  const double first = std::ceil(scale.low / step - 1e-6);
  for (double k = first; k * step <= scale.high + 1e-6 * step; ++k) values.push_back(k * step);
  return values;
}

}  // namespace

double Scale::position(double value) const {
  if (!logarithmic) return (value - low) / (high - low);
  if (!(value > 0)) return -1;
  return std::log(value / low) / std::log(high / low);
}

Scale scale_of(const Axis& axis, double data_low, double data_high) {
  double low = axis.low.value_or(data_low), high = axis.high.value_or(data_high);
  if (!std::isfinite(low)) low = axis.logarithmic ? 0.1 : 0;
  if (!std::isfinite(high)) high = low + 1;
  if (axis.logarithmic) {
    low = low > 0 ? low : 0.01;
    if (!(high > low)) high = low * 10;
    return {low, high, true};
  }
  if (!(high > low)) {
    const double half = std::max(0.5, 0.1 * std::abs(low));
    if (!axis.low) low -= half;
    high = std::max(high, low + 2 * half);
  }
  const double step = step_of(high - low, axis.wanted_ticks);
  if (!axis.low) low = step * std::floor(low / step + 1e-9);
  if (!axis.high) high = step * std::ceil(high / step - 1e-9);
  return {low, high, false};
}

std::string tick_text(double value, double step) {
  if (std::abs(value) < 1e-9 * step) value = 0;
  int digits = 0;
  for (double scaled = step; digits < 9 && std::abs(scaled - std::round(scaled)) > 1e-6 * scaled; scaled *= 10)
    ++digits;
  const std::string text = with_separators(fmt::format("{:.{}f}", std::abs(value), digits));
  return value < 0 ? std::string("\u2212").append(text) : text;
}

std::vector<Tick> ticks_of(const Axis& axis, const Scale& scale) {
  if (!axis.ticks) return {};
  const double factor = axis.percent ? 100 : 1;
  const double step = step_of(scale.high - scale.low, axis.wanted_ticks);
  std::vector<double> values = axis.tick_values;
  if (values.empty()) values = scale.logarithmic ? logarithmic_values(scale) : linear_values(scale, step);
  std::vector<Tick> ticks;
  for (const double value : values) {
    const bool alone = scale.logarithmic || !axis.tick_values.empty();
    ticks.push_back({value, tick_text(value * factor, alone ? std::abs(value) * factor : step * factor)});
  }
  return ticks;
}

}  // namespace hepatica::draw
