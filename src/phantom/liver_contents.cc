#include "phantom/liver_contents.h"

#include <algorithm>
#include <cmath>

#include "phantom/paint.h"

namespace hepatica::phantom {
namespace {

/// Chamfer distance (3-4-5 weights over three; Borgefors 1986) of cells from the outside, in cells.
void chamfer(LiverMap& map) {
  const auto relax = [&](int i, int j, int k, int sign) {
    float& here = map.depth[map.index(i, j, k)];
    if (here <= 0) return;
    for (int dk = -1; dk <= 0; ++dk)
      for (int dj = -1; dj <= 1; ++dj)
        for (int di = -1; di <= 1; ++di) {
          if (dk == 0 && (dj > 0 || (dj == 0 && di >= 0))) continue;
          const int x = i + sign * di, y = j + sign * dj, z = k + sign * dk;
          const bool inside = x >= 0 && y >= 0 && z >= 0 && x < map.nx && y < map.ny && z < map.nz;
          const float weight = (2 + float(std::abs(di) + std::abs(dj) + std::abs(dk))) / 3 * map.step;
          here = std::min(here, (inside ? map.depth[map.index(x, y, z)] : 0) + weight);
        }
  };
  for (int k = 0; k < map.nz; ++k)
    for (int j = 0; j < map.ny; ++j)
      for (int i = 0; i < map.nx; ++i) relax(i, j, k, 1);
  for (int k = map.nz - 1; k >= 0; --k)
    for (int j = map.ny - 1; j >= 0; --j)
      for (int i = map.nx - 1; i >= 0; --i) relax(i, j, k, -1);
}

/// A tree that grows towards points: each is joined to the nearest node that is not behind it.
class Tree {
 public:
  void root(const std::vector<F3>& chain) {
    for (size_t i = 0; i < chain.size(); ++i) nodes_.push_back({chain[i], i == 0 ? -1 : int(nodes_.size()) - 1, 0});
  }
  void branch_root(size_t from, const std::vector<F3>& chain) {
    int parent = int(from);
    for (const F3& at : chain) {
      nodes_.push_back({at, parent, 0});
      parent = int(nodes_.size()) - 1;
    }
  }
  void grow(Rng& rng, F3 target) {
    int best = 0;
    float cost = 1e9f;
    for (size_t i = 0; i < nodes_.size(); ++i) {
      const F3 way = target - nodes_[i].at;
      float c = length(way);
      if (nodes_[i].parent >= 0) {
        const F3 from = nodes_[i].at - nodes_[size_t(nodes_[i].parent)].at;
        const float cosine = dot(from, way) / (length(from) * c + 1e-3f);
        c *= 1.25f - 0.45f * cosine;
      }
      if (c < cost) {
        cost = c;
        best = int(i);
      }
    }
    const F3 start = nodes_[size_t(best)].at;
    const float distance = length(target - start);
    const int pieces = std::max(1, int(distance / 11));
    for (int k = 1; k <= pieces; ++k) {
      const float t = float(k) / float(pieces), bend = 0.07f * distance * std::sin(3.14f * t);
      const F3 sway{float(rng.normal(0, 1)), float(rng.normal(0, 1)), float(rng.normal(0, 1))};
      nodes_.push_back({start + (target - start) * t + sway * (bend * 0.6f), best, 0});
      best = int(nodes_.size()) - 1;
    }
    for (int i = best; i >= 0; i = nodes_[size_t(i)].parent) ++nodes_[size_t(i)].leaves;
  }
  /// Radii by Murray's law (r^3 adds up), `twig` mm at the tips and at most `trunk` mm.
  Tube tube(float twig, float trunk) const {
    Tube tube;
    const auto radius = [&](const Node& node) {
      return std::min(trunk, twig * std::pow(float(std::max(1, node.leaves)), 0.40f));
    };
    for (const Node& node : nodes_)
      if (node.parent >= 0 && node.leaves > 0) {
        const Node& parent = nodes_[size_t(node.parent)];
        tube.segments.push_back({parent.at, node.at, std::min(radius(parent), radius(node) * 1.25f), radius(node)});
      }
    return tube;
  }
  size_t size() const { return nodes_.size(); }

 private:
  struct Node {
    F3 at;
    int parent, leaves;
  };
  std::vector<Node> nodes_;
};

/// The largest tumour's diameter over the edge of a cube of the liver's volume: it then has about the liver's volume.
constexpr double kLargestOfLiver = 1.2;

F3 end_of_portal_trunk(const Anatomy& a) { return a.portal.segments[7].b; }

}  // namespace

float LiverMap::depth_at(F3 p) const {
  const int i = int(std::lround((p.x - origin.x) / step)), j = int(std::lround((p.y - origin.y) / step)),
            k = int(std::lround((p.z - origin.z) / step));
  return i >= 0 && j >= 0 && k >= 0 && i < nx && j < ny && k < nz ? depth[index(i, j, k)] : 0;
}

F3 LiverMap::place(Rng& rng, float depth_mm) const {
  const float wanted = std::min(depth_mm, deepest);
  for (;;) {
    const int i = int(rng.integer(0, nx - 1)), j = int(rng.integer(0, ny - 1)), k = int(rng.integer(0, nz - 1));
    if (depth[index(i, j, k)] < wanted || depth[index(i, j, k)] <= 0) continue;
    const auto jitter = [&] { return float(rng.uniform(-0.5, 0.5)); };
    return origin + F3{float(i) + jitter(), float(j) + jitter(), float(k) + jitter()} * step;
  }
}

LiverMap map_liver(const Anatomy& anatomy) {
  LiverMap map;
  const Bounds& box = anatomy.liver.box;
  map.origin = box.low;
  map.nx = int((box.high.x - box.low.x) / map.step) + 1;
  map.ny = int((box.high.y - box.low.y) / map.step) + 1;
  map.nz = int((box.high.z - box.low.z) / map.step) + 1;
  map.depth.assign(size_t(map.nx) * size_t(map.ny) * size_t(map.nz), 0);
  Acquisition now = acquisition_of(anatomy, Phase::portal_venous);
  now.liver_only = true;
  Canvas canvas(map.nx, map.ny);
  for (int k = 0; k < map.nz; ++k) {
    canvas.place({map.origin.x, map.origin.y, map.origin.z + map.step * float(k)}, {map.step, 0, 0}, {0, map.step, 0});
    paint_still(canvas, anatomy, now);
    paint_viscera(canvas, anatomy, now);
    for (size_t i = 0; i < canvas.organ.size(); ++i)
      map.depth[size_t(k) * canvas.organ.size() + i] = Organ{canvas.organ[i]} == Organ::liver ? 1e3f : 0.0f;
  }
  chamfer(map);
  map.deepest = *std::max_element(map.depth.begin(), map.depth.end());
  return map;
}

void grow_liver_vessels(Anatomy& a, const LiverMap& map, Rng& rng) {
  const F3 gate = end_of_portal_trunk(a);
  const float w = a.body.inner_width();
  const auto jitter = [&](float s) {
    return F3{float(rng.normal(0, s)), float(rng.normal(0, s)), float(rng.normal(0, s))};
  };
  Tree portal;
  portal.root({gate - F3{-6, -4, 6}, gate, gate + F3{-14, 2, 5} + jitter(2)});
  portal.branch_root(2,
                     {gate + F3{-0.16f * w - 10, -8, 14} + jitter(3), gate + F3{-0.28f * w - 10, -16, 22} + jitter(4)});
  portal.branch_root(2,
                     {gate + F3{-0.16f * w - 10, 14, -2} + jitter(3), gate + F3{-0.26f * w - 10, 24, -12} + jitter(4)});
  portal.branch_root(
      1, {gate + F3{12, -10, 12} + jitter(2), gate + F3{26, -24, 18} + jitter(3), gate + F3{32, -40, 16} + jitter(3)});
  const int leaves = int(rng.integer(70, 110));
  for (int i = 0; i < leaves; ++i) portal.grow(rng, map.place(rng, 7));
  const float size = float(rng.uniform(0.85, 1.2));
  a.liver_portal = portal.tube(0.95f * size, 6.5f * size);
  if (rng.chance(0.7))
    for (const Segment& s : a.liver_portal.segments)
      if (s.rb > 1.6f) {
        const F3 beside{0.8f * s.rb + 1, -0.7f * s.rb - 1, 0.5f};
        a.liver_arteries.segments.push_back({s.a + beside, s.b + beside, 0.35f * s.ra, 0.33f * s.rb});
      }
  // The three hepatic veins meet the vena cava just below the diaphragm.
  const float top = a.diaphragm.right_top - 20;
  F3 cava{};
  for (const Segment& s : a.vena_cava.segments)
    if (s.a.z <= top && s.b.z > top) cava = s.a;
  cava.z = top - 6;
  Tree veins;
  veins.root({cava, cava + F3{-6, -8, -2}});
  veins.branch_root(1, {cava + F3{-26, -2, -8} + jitter(3), cava + F3{-0.42f * w, 0, -28} + jitter(5)});
  veins.branch_root(1, {cava + F3{-10, -24, -8} + jitter(3), cava + F3{-18, -0.5f * w, -26} + jitter(5)});
  veins.branch_root(1, {cava + F3{10, -22, -6} + jitter(3), cava + F3{30, -42, -14} + jitter(4)});
  for (int i = 0; i < leaves * 2 / 3; ++i) veins.grow(rng, map.place(rng, 9));
  a.liver_veins = veins.tube(1.0f * size, 5.5f * size);
}

namespace {

/// How lesions find their places.
struct Placing {
  float gap = 1.25f, gap_mm = 3;  ///< their centres lie apart by the sum of their radii times `gap`, plus `gap_mm`
  float depth = 0.7f;             ///< of the centre below the surface, in radii
  Population population = Population::adult;
};

/// Children's lesions may be many, or push the liver's surface out.
Placing placing_of(const Anatomy& a, int count) {
  if (!a.growth.child) return {};
  return {count > 8 ? 1.02f : 1.1f, 1, 0.45f, Population::child};
}

bool place_lesion(Anatomy& a, const LiverMap& map, Rng& rng, LesionModel lesion, const Placing& placing) {
  for (int attempt = 0; attempt < 60; ++attempt) {
    // Some touch the capsule, most lie within; a place too shallow would cut the lesion at the surface.
    const F3 at = map.place(rng, lesion.radius * float(rng.uniform(0.75, 1.1)) + 2);
    const bool free =
        map.depth_at(at) > 0 && std::none_of(a.lesions.begin(), a.lesions.end(), [&](const auto& other) {
          return length(other.center - at) < placing.gap * (other.radius + lesion.radius) + placing.gap_mm;
        });
    if (!free || map.depth_at(at) + 3 < placing.depth * lesion.radius) continue;
    lesion.center = at;
    lesion.id = int(a.lesions.size()) + 1;
    a.lesions.push_back(lesion);
    return true;
  }
  return false;
}

/// The liver grows around what does not fit into it.
void push_out(Liver& liver, const LesionModel& lesion) {
  Ellipsoid bulge = lesion.shape;
  bulge.center = lesion.center;
  bulge.semi = bulge.semi * (lesion.radius * (1 + 0.5f * lesion.lobulation) + 4);
  liver.bulges.push_back(bulge);
  const Bounds box = bulge.bounds();
  liver.box.add(box.low, 12);
  liver.box.add(box.high, 12);
}

}  // namespace

void place_lesions(Anatomy& a, const LiverMap& map, Rng& rng, const PatientOptions& options, LesionType type) {
  Placing placing;
  const auto place = [&](LesionType kind, double diameter, double contrast) {
    return place_lesion(a, map, rng, draw_lesion(rng, kind, diameter / a.scale, contrast, placing.population), placing);
  };
  const Range& many = type == LesionType::metastasis ? options.metastasis_count : options.lesion_count;
  const int count = int(rng.integer(std::llround(many.low), std::llround(many.high)));
  placing = placing_of(a, count);
  for (int i = 0; i < count; ++i) {
    double diameter = rng.log_uniform(options.lesion_diameter_mm.low, options.lesion_diameter_mm.high);
    if (a.growth.child) diameter = std::min(diameter, kLargestOfLiver * std::cbrt(a.liver_volume_ml * 1000));
    const double contrast = rng.uniform(options.lesion_contrast.low, options.lesion_contrast.high);
    // The first lesion must find room, however small the liver: the diagnosis depends on it.
    while (!place(type, diameter, contrast) && a.lesions.empty()) diameter *= 0.8;
  }
  if (a.growth.child)
    for (const LesionModel& lesion : a.lesions)
      if (map.depth_at(lesion.center) < 1.15f * lesion.radius && lesion.radius * a.scale > 12)
        push_out(a.liver, lesion);
  if (!rng.chance(options.simple_cyst_probability)) return;
  const int cysts = int(rng.integer(1, 3));
  for (int i = 0; i < cysts; ++i) place(LesionType::cyst, rng.uniform(4, 15), 1);
}

}  // namespace hepatica::phantom
