// Links boxes on slices into lesions: across the slices of a phase, then across phases.
#pragma once

#include <vector>

#include "base/options.h"
#include "study/findings.h"

namespace hepatica {

/// Block `stages.link.options`. No paper gives these rules.
struct LinkOptions {
  double nested = 0.6;         ///< of two boxes on a slice that share as much of the smaller, the better one stays
  double overlap = 0.4;        ///< boxes of neighbouring slices are one lesion from this share of the smaller box
  double gap_mm = 8;           ///< and where their slices are at most this far apart
  double shift_mm = 12;        ///< how far breathing may move the liver along the body between phases; half in plane
  double phase_overlap = 0.3;  ///< share of the smaller lesion that must overlap after the best such shift
  int64_t least_slices = 2;    ///< a lesion must be seen on as many slices of one phase,
  double least_extent_mm = 4;  ///< over at least this length along the body,
  double sure_score = 0.5;     ///< or once with this score
  double least_score = 0.25;   ///< lesions whose best score is lower are dropped
  double least_size_mm = 3;    ///< lesions whose longest side of any box is shorter are dropped
};

LinkOptions read_link_options(const Block& block);

/// Boxes of one lesion in one image, by slice.
struct Track {
  size_t image = 0;
  std::vector<Detection> detections;  ///< slices ascending, at most one a slice
};

/// Share of the smaller of two boxes that the other covers, 0..1.
double overlap_of_smaller(const Box2& a, const Box2& b);

/// The same in space, where one box may first be moved by up to `shift` mm along each axis.
double overlap_of_smaller(const Box3& a, const Box3& b, const Vec3& shift);

/// World box of a track; each slice reaches half a slice spacing to both sides.
Box3 world_box(const Track& track, const Geometry& geometry);

/// Tracks of the detections of one image. A box within another is the same lesion, which suppression by IoU leaves.
std::vector<Track> link_slices(const std::vector<Detection>& detections,
                               const Geometry& geometry,
                               const LinkOptions& options);

/// Groups of tracks, at most one an image in each; the rules of `options` hold for each group.
std::vector<std::vector<Track>> link_detections(const PreprocessedStudy& study,
                                                const std::vector<Detection>& detections,
                                                const LinkOptions& options);

}  // namespace hepatica
