// Liver and lesion masks as a DICOM Segmentation object.
// Reference: DICOM PS3.3 A.51, Segmentation IOD; C.8.20.
#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "base/files.h"
#include "image/volume.h"
#include "io/code.h"
#include "study/provenance.h"
#include "study/study.h"

namespace hepatica {

/// What one segment is.
struct SegmentDescription {
  std::string label;            ///< such as "Liver" or "Lesion 1"
  std::vector<uint8_t> values;  ///< values of the mask that lie in the segment; one value may lie in several segments
  Code category;                ///< such as SCT 123037004 "Anatomical Structure"
  Code type;                    ///< such as SCT 10200004 "Liver"
  std::array<uint8_t, 3> rgb{255, 0, 0};  ///< in which viewers should show it
  int lesion = 0;                         ///< lesion id, 0 for anatomy; gives the segment its tracking UID
};

/// The liver: SCT 10200004, in brown.
SegmentDescription liver_segment(std::vector<uint8_t> values);

/// A lesion of the liver: SCT 52988006, in one of twelve colours by its id.
SegmentDescription lesion_segment(int lesion, std::vector<uint8_t> values);

/// How other objects refer to a segmentation that was written.
struct SegReference {
  std::string sop_instance_uid, series_uid;
  std::map<int, int> segment_of_lesion;  ///< lesion id to segment number; lesions without a voxel have none
};

/// A segment and the mask that its values stand in, for masks that are apart; all on one grid.
struct SegmentSource {
  SegmentDescription description;
  const Mask* mask = nullptr;
};

/// Writes a binary SEG on the grid of the masks, with one frame per segment and slice that is not empty, and references
/// to the instances of `series` where each slice lies on one of them (the axes may be flipped). Patient, study and
/// frame of reference are the source's. Segments without a voxel are left out; where all are, the first is written with
/// one empty frame. Errors: usage where there is no segment; bad_geometry where masks are empty or of several grids;
/// write_failed.
SegReference write_dicom_seg(const fs::path& path,
                             const Study& study,
                             const Series& series,
                             const std::vector<SegmentSource>& segments,
                             const Provenance& provenance);

/// The same from one label mask.
SegReference write_dicom_seg(const fs::path& path,
                             const Study& study,
                             const Series& series,
                             const Mask& labels,
                             const std::vector<SegmentDescription>& segments,
                             const Provenance& provenance);

}  // namespace hepatica
