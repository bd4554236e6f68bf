#include "draw/palette.h"

#include <algorithm>
#include <array>

namespace hepatica::draw {
namespace {

constexpr std::array kSeries{rgb(0x0072b2),
                             rgb(0xd55e00),
                             rgb(0x009e73),
                             rgb(0xcc79a7),
                             rgb(0xe69f00),
                             rgb(0x56b4e9),
                             rgb(0x333333),
                             rgb(0x7a5195)};
constexpr std::array kBlues{rgb(0xffffff),
                            rgb(0xdeebf7),
                            rgb(0xc6dbef),
                            rgb(0x9ecae1),
                            rgb(0x6baed6),
                            rgb(0x4292c6),
                            rgb(0x2171b5),
                            rgb(0x08519c),
                            rgb(0x08306b)};

double mix(double a, double b, double t) { return a + (b - a) * t; }

}  // namespace

Colour series_colour(size_t index) { return kSeries[index % kSeries.size()]; }

Colour sequential_colour(double value) {
  const double at = std::clamp(value, 0.0, 1.0) * double(kBlues.size() - 1);
  const size_t low = std::min(size_t(at), kBlues.size() - 2);
  const Colour &a = kBlues[low], &b = kBlues[low + 1];
  const double t = at - double(low);
  return {mix(a.red, b.red, t), mix(a.green, b.green, t), mix(a.blue, b.blue, t), 1};
}

Colour ink_on(const Colour& ground) {
  const double lightness = 0.299 * ground.red + 0.587 * ground.green + 0.114 * ground.blue;
  return lightness < 0.55 ? kPaper : kInk;
}

Colour tint(const Colour& colour, double strength) {
  return {mix(1, colour.red, strength), mix(1, colour.green, strength), mix(1, colour.blue, strength), colour.alpha};
}

}  // namespace hepatica::draw
