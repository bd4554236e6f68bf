// Links boxes on slices into lesions: across the slices of a phase, then across phases.
#pragma once

#include <vector>

#include "base/options.h"
#include "study/findings.h"

namespace hepatica {

/// Block `stages.link.options.gallbladder`: the rule of leave_out_gallbladder. No paper gives one.
struct GallbladderOptions {
  bool leave_out = true;
  double most_hu = 40;         ///< of the finding's middle, else it is no fluid
  double most_in_liver = 0.5;  ///< share of the fluid's volume that the liver's mask holds; a cyst has nearly all there
  double highest = 0.5;        ///< height of the fluid's centre: 0 the liver's lowest slice, 1 its highest
  double least_ml = 3;
  double least_spread =
      1.15;  ///< of the fluid, see FluidBody: a cyst is round (1), a gallbladder twice as long as wide (1.26)
  double most_bright =
      0.1;  ///< of the finding, see FluidBody: a hemangioma has nodules of enhanced blood about its middle
};

/// Block `stages.link.options`. No paper gives these rules.
struct LinkOptions {
  double nested = 0.6;         ///< of two boxes on a slice that share as much of the smaller, the better one stays
  double overlap = 0.4;        ///< boxes of neighbouring slices are one lesion from this share of the smaller box
  double gap_mm = 8;           ///< and where their slices are at most this far apart
  double least_part = 0.25;    ///< of a track's best score; boxes at its ends with less follow vessels and fissures
  double shift_mm = 12;        ///< how far breathing may move the liver along the body between phases; half in plane
  double phase_overlap = 0.3;  ///< share of the smaller lesion that must overlap after the best such shift
  double score_mm = 10;        ///< length along the body over which a lesion's score is averaged, see lesion_score
  double all_phases = 0.5;     ///< weight in that score of the mean over all phases; the rest is the best phase's
  double least_score = 0.25;   ///< lesions with a lower score are dropped
  double large_mm = 20;        ///< lesions whose longest side of any box is as long must have another score:
  double large_least_score =
      0.4;  ///< what is large and a lesion is seen surely; doubtful large ones are vessels and fissures
  double least_size_mm = 3;  ///< lesions whose longest side of any box is shorter are dropped
  bool in_liver = true;      ///< lesions belong to the liver's mask and volume, also where the segmenter left them out
  GallbladderOptions gallbladder;
};

LinkOptions read_link_options(const Block& block);

/// Boxes of one lesion in one image, by slice.
struct Track {
  size_t image = 0;
  std::vector<Detection> detections;  ///< slices ascending, at most one a slice
};

/// Longest side of any box, mm.
double longest_side_mm(const PreprocessedStudy& study, const std::vector<Track>& lesion);

/// The one with the highest score, the first of equals. `detections` is not empty.
const Detection& surest(const std::vector<Detection>& detections);

/// Share of the smaller of two boxes that the other covers, 0..1.
double overlap_of_smaller(const Box2& a, const Box2& b);

/// The same in space, where one box may first be moved by up to `shift` mm along each axis.
double overlap_of_smaller(const Box3& a, const Box3& b, const Vec3& shift);

/// World box of a track; each slice reaches half a slice spacing to both sides.
Box3 world_box(const Track& track, const Geometry& geometry);

/// Tracks of the detections of one image. A box within another is the same lesion, which suppression by IoU leaves.
/// Doubtful boxes at the ends of a track are gone, as `least_part` says: they would make a lesion large.
std::vector<Track> link_slices(const std::vector<Detection>& detections,
                               const Geometry& geometry,
                               const LinkOptions& options);

/// How sure a lesion is, 0..1: seen on neighbouring slices and in several phases it is surer than seen once. A phase's
/// score is the mean over the best `score_mm` of the track's slices, where slices without a box count 0; the lesion's
/// lies between the best phase's and the mean over all phases of the study, as `all_phases` says: many lesions stand
/// out in one phase alone. `step_mm[i]` lies between the slices of image i that the detector looked at.
double lesion_score(const std::vector<Track>& tracks, const std::vector<double>& step_mm, const LinkOptions& options);

/// Distance between the slices that were looked at, as far as the detections of an image tell: the smallest between two
/// slices with boxes, in mm for each image.
std::vector<double> slice_steps_mm(const PreprocessedStudy& study, const std::vector<Detection>& detections);

/// A lesion as boxes: at most one track an image.
struct LinkedLesion {
  std::vector<Track> tracks;
  double score = 0;  ///< see lesion_score
};

/// The rules of `options` hold for each lesion.
std::vector<LinkedLesion> link_detections(const PreprocessedStudy& study,
                                          const std::vector<Detection>& detections,
                                          const LinkOptions& options);

}  // namespace hepatica
