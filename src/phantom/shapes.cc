#include "phantom/shapes.h"

namespace hepatica::phantom {

Tube tube_through(const std::vector<Knot>& knots, int pieces) {
  Tube tube;
  const auto knot = [&](int i) { return knots[size_t(std::clamp(i, 0, int(knots.size()) - 1))]; };
  const auto at = [&](int i, float t) {
    const F3 p0 = knot(i - 1).at, p1 = knot(i).at, p2 = knot(i + 1).at, p3 = knot(i + 2).at;
    return (p1 * 2 + (p2 - p0) * t + (p0 * 2 - p1 * 5 + p2 * 4 - p3) * (t * t) +
            (p1 * 3 - p0 - p2 * 3 + p3) * (t * t * t)) *
           0.5f;
  };
  for (int i = 0; i + 1 < int(knots.size()); ++i)
    for (int k = 0; k < pieces; ++k) {
      const float t0 = float(k) / float(pieces), t1 = float(k + 1) / float(pieces);
      tube.segments.push_back({at(i, t0),
                               at(i, t1),
                               mix(knot(i).radius, knot(i + 1).radius, t0),
                               mix(knot(i).radius, knot(i + 1).radius, t1)});
    }
  return tube;
}

}  // namespace hepatica::phantom
