// Implicit shapes: signed distances in mm, negative inside; exact for tubes, close near the surface for ellipsoids.
#pragma once

#include <algorithm>
#include <vector>

#include "phantom/field.h"

namespace hepatica::phantom {

/// Axis-aligned bounds in mm.
struct Bounds {
  F3 low{1e9f, 1e9f, 1e9f}, high{-1e9f, -1e9f, -1e9f};

  void add(F3 p, float radius) {
    low = {std::min(low.x, p.x - radius), std::min(low.y, p.y - radius), std::min(low.z, p.z - radius)};
    high = {std::max(high.x, p.x + radius), std::max(high.y, p.y + radius), std::max(high.z, p.z + radius)};
  }
};

/// Rotation matrix by rows: rows are the axes of the shape in space.
struct Frame {
  F3 x{1, 0, 0}, y{0, 1, 0}, z{0, 0, 1};
};

/// Rotation by angles (radians) about x, then y, then z.
inline Frame frame_from_angles(float ax, float ay, float az) {
  const float ca = std::cos(ax), sa = std::sin(ax), cb = std::cos(ay), sb = std::sin(ay), cc = std::cos(az),
              sc = std::sin(az);
  return {{cb * cc, cb * sc, -sb},
          {sa * sb * cc - ca * sc, sa * sb * sc + ca * cc, sa * cb},
          {ca * sb * cc + sa * sc, ca * sb * sc - sa * cc, ca * cb}};
}

struct Ellipsoid {
  F3 center, semi{1, 1, 1};
  Frame frame;

  F3 local(F3 p) const {
    const F3 q = p - center;
    return {dot(q, frame.x), dot(q, frame.y), dot(q, frame.z)};
  }
  float sdf(F3 p) const {
    const F3 q = local(p);
    const F3 u{q.x / semi.x, q.y / semi.y, q.z / semi.z};
    const F3 v{u.x / semi.x, u.y / semi.y, u.z / semi.z};
    const float k0 = length(u), k1 = length(v);
    return k1 > 1e-6f ? k0 * (k0 - 1) / k1 : -std::min({semi.x, semi.y, semi.z});
  }
  Bounds bounds() const {
    Bounds all;
    const auto half = [&](float F3::*axis) {
      const float a = semi.x * (frame.x.*axis), b = semi.y * (frame.y.*axis), c = semi.z * (frame.z.*axis);
      return std::sqrt(a * a + b * b + c * c);
    };
    const F3 h{half(&F3::x), half(&F3::y), half(&F3::z)};
    all.low = center - h;
    all.high = center + h;
    return all;
  }
};

/// A tapered piece of tube with round ends.
struct Segment {
  F3 a, b;
  float ra = 1, rb = 1;

  float sdf(F3 p) const {
    const F3 ab = b - a, ap = p - a;
    const float t = clamp01(dot(ap, ab) / std::max(dot(ab, ab), 1e-6f));
    return length(ap - ab * t) - mix(ra, rb, t);
  }
  Bounds bounds() const {
    Bounds all;
    all.add(a, ra);
    all.add(b, rb);
    return all;
  }
};

/// A chain of segments through points of given radii.
struct Tube {
  std::vector<Segment> segments;

  float sdf(F3 p) const {
    float d = 1e9f;
    for (const Segment& s : segments) d = std::min(d, s.sdf(p));
    return d;
  }
  Bounds bounds() const {
    Bounds all;
    for (const Segment& s : segments) {
      all.add(s.a, s.ra);
      all.add(s.b, s.rb);
    }
    return all;
  }
};

struct Knot {
  F3 at;
  float radius;
};

/// A smooth tube through knots (Catmull-Rom), `pieces` segments between neighbours.
Tube tube_through(const std::vector<Knot>& knots, int pieces);

}  // namespace hepatica::phantom
