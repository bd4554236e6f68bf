#include "io/dicom_seg.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "io/dicom_result.h"

namespace hepatica {
namespace {

constexpr char kSegmentationStorage[] = "1.2.840.10008.5.1.4.1.1.66.4";

/// One frame: which segment (counted from 0, of those that are written) on which slice.
struct Frame {
  size_t segment = 0;
  int64_t slice = 0;
};

/// A segment with the values it takes as a table.
struct Selected {
  const SegmentSource* source = nullptr;
  std::array<bool, 256> in{};
};

bool any_in(const Selected& segment, int64_t k) {
  const auto slice = segment.source->mask->slice(k);
  return std::any_of(slice.begin(), slice.end(), [&](uint8_t value) { return segment.in[value]; });
}

/// The segments to write and their frames, in the order of segments and slices.
std::pair<std::vector<Selected>, std::vector<Frame>> choose(const std::vector<SegmentSource>& segments) {
  std::vector<Selected> selected;
  std::vector<Frame> frames;
  for (const SegmentSource& source : segments) {
    Selected segment{&source, {}};
    for (const uint8_t value : source.description.values) segment.in[value] = true;
    const size_t before = frames.size();
    for (int64_t k = 0; k < source.mask->nz(); ++k)
      if (any_in(segment, k)) frames.push_back({selected.size(), k});
    if (frames.size() > before) selected.push_back(segment);
  }
  if (selected.empty()) {
    selected.push_back({&segments.front(), {}});
    frames.push_back({0, 0});
  }
  return {selected, frames};
}

/// One bit a pixel, the first pixel in the lowest bit, without gaps between frames (PS3.5 8.1.1); of even length.
std::vector<uint8_t> pack(const std::vector<Selected>& segments, const std::vector<Frame>& frames) {
  const Geometry& g = segments.front().source->mask->geometry();
  const size_t pixels = size_t(g.size[0] * g.size[1]);
  std::vector<uint8_t> bits((pixels * frames.size() + 15) / 16 * 2, 0);
  size_t at = 0;
  for (const Frame& frame : frames) {
    const Selected& segment = segments[frame.segment];
    for (const uint8_t value : segment.source->mask->slice(frame.slice)) {
      if (segment.in[value]) bits[at / 8] |= uint8_t(1u << (at % 8));
      ++at;
    }
  }
  return bits;
}

/// CIELab under D50, each number scaled to 0..65535 (PS3.3 C.10.7.1.1).
std::array<Uint16, 3> display_colour(const std::array<uint8_t, 3>& rgb) {
  const auto linear = [](double c) { return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4); };
  const double r = linear(rgb[0] / 255.0), g = linear(rgb[1] / 255.0), b = linear(rgb[2] / 255.0);
  // sRGB to XYZ, adapted to D50 (Bradford), over the white point.
  const double x = (0.4360747 * r + 0.3850649 * g + 0.1430804 * b) / 0.9642200;
  const double y = 0.2225045 * r + 0.7168786 * g + 0.0606169 * b;
  const double z = (0.0139322 * r + 0.0971045 * g + 0.7141733 * b) / 0.8252100;
  const auto f = [](double t) { return t > 216.0 / 24389 ? std::cbrt(t) : (t * 24389 / 27 + 16) / 116; };
  const double lightness = 116 * f(y) - 16, red = 500 * (f(x) - f(y)), yellow = 200 * (f(y) - f(z));
  const auto scaled = [](double part) { return Uint16(std::lround(std::clamp(part, 0.0, 1.0) * 65535)); };
  return {scaled(lightness / 100), scaled((red + 128) / 255), scaled((yellow + 128) / 255)};
}

void put_segments(DcmItem& item,
                  const std::vector<Selected>& segments,
                  const Study& study,
                  const Provenance& provenance) {
  for (size_t n = 0; n < segments.size(); ++n) {
    const SegmentDescription& d = segments[n].source->description;
    DcmItem& entry = add_item(item, DCM_SegmentSequence);
    put(entry, DCM_SegmentNumber, uint16_t(n + 1));
    put(entry, DCM_SegmentLabel, clean_text(d.label, 64));
    put_code(entry, DCM_SegmentedPropertyCategoryCodeSequence, d.category);
    put_code(entry, DCM_SegmentedPropertyTypeCodeSequence, d.type);
    put(entry, DCM_SegmentAlgorithmType, "AUTOMATIC");
    put(entry, DCM_SegmentAlgorithmName, clean_text(algorithm_name(provenance), 64));
    DcmItem& algorithm = add_item(entry, DCM_SegmentationAlgorithmIdentificationSequence);
    put_code(algorithm, DCM_AlgorithmFamilyCodeSequence, {"123109", "DCM", "Artificial Intelligence"});
    put(algorithm, DCM_AlgorithmName, clean_text(algorithm_name(provenance), 64));
    put(algorithm, DCM_AlgorithmVersion, clean_text(algorithm_version(provenance), 64));
    entry.putAndInsertUint16Array(DCM_RecommendedDisplayCIELabValue, display_colour(d.rgb).data(), 3);
    if (d.lesion > 0) {
      put(entry, DCM_TrackingID, lesion_tracking_id(d.lesion));
      put(entry, DCM_TrackingUID, lesion_tracking_uid(study, provenance, d.lesion));
      put_code(entry, DCM_AnatomicRegionSequence, {"10200004", "SCT", "Liver"});
    }
  }
}

void put_dimensions(DcmItem& item, const std::string& seed) {
  const std::string organization = uid_from_seed("dimensions " + seed);
  put(add_item(item, DCM_DimensionOrganizationSequence), DCM_DimensionOrganizationUID, organization);
  const auto add = [&](const DcmTagKey& pointer, const DcmTagKey& group, const char* label) {
    DcmItem& entry = add_item(item, DCM_DimensionIndexSequence);
    put(entry, DCM_DimensionOrganizationUID, organization);
    entry.putAndInsertTagKey(DCM_DimensionIndexPointer, pointer);
    entry.putAndInsertTagKey(DCM_FunctionalGroupPointer, group);
    put(entry, DCM_DimensionDescriptionLabel, label);
  };
  add(DCM_ReferencedSegmentNumber, DCM_SegmentIdentificationSequence, "Segment Number");
  add(DCM_ImagePositionPatient, DCM_PlanePositionSequence, "Slice Position");
}

void put_shared_groups(DcmItem& item, const Geometry& g) {
  DcmItem& shared = add_item(item, DCM_SharedFunctionalGroupsSequence);
  put(add_item(shared, DCM_PlaneOrientationSequence), DCM_ImageOrientationPatient, orientation_string(g));
  DcmItem& measures = add_item(shared, DCM_PixelMeasuresSequence);
  put(measures, DCM_PixelSpacing, decimal_strings({g.spacing[1], g.spacing[0]}));
  put(measures, DCM_SliceThickness, decimal_string(g.spacing[2]));
  put(measures, DCM_SpacingBetweenSlices, decimal_string(g.spacing[2]));
}

/// The instance that each slice of a mask was made from. The mask may lie on other axes than the series (flipped, as
/// `to_axial` makes them), so slices are matched by their place.
class Sources {
 public:
  Sources(const Series& series, const Geometry& mask) {
    const Geometry& source = series.geometry;
    if (series.instances.empty() || int64_t(series.instances.size()) != source.size[2]) return;
    double cosine = 0;
    for (size_t row = 0; row < 3; ++row) cosine += mask.direction[row][2] * source.direction[row][2];
    if (std::abs(cosine) < 0.999) return;
    for (int64_t k = 0; k < mask.size[2]; ++k) {
      const Vec3 middle{0.5 * double(mask.size[0] - 1), 0.5 * double(mask.size[1] - 1), double(k)};
      const double at = index_from_world(source, world_from_index(mask, middle))[2];
      const int64_t nearest = std::llround(at);
      if (std::abs(at - double(nearest)) > 0.05 || nearest < 0 || nearest >= source.size[2]) {
        instances_.clear();
        return;
      }
      instances_.push_back(series.instances[size_t(nearest)]);
    }
    same_locations_ = same_grid(mask, source, 1e-2);
    std::set<std::string> uids;
    for (const InstanceReference& instance : instances_) uids.insert(instance.sop_instance_uid);
    multi_frame_ = uids.size() < instances_.size();
  }

  void put_derivation(DcmItem& frame_groups, int64_t k) const {
    if (instances_.empty()) return;
    const InstanceReference& source = instances_[size_t(k)];
    DcmItem& derivation = add_item(frame_groups, DCM_DerivationImageSequence);
    put_code(derivation, DCM_DerivationCodeSequence, {"113076", "DCM", "Segmentation"});
    DcmItem& image = add_item(derivation, DCM_SourceImageSequence);
    put(image, DCM_ReferencedSOPClassUID, source.sop_class_uid);
    put(image, DCM_ReferencedSOPInstanceUID, source.sop_instance_uid);
    if (multi_frame_) put(image, DCM_ReferencedFrameNumber, std::to_string(source.frame + 1));
    put(image, DCM_SpatialLocationsPreserved, same_locations_ ? "YES" : "REORIENTED_ONLY");
    put_code(
        image, DCM_PurposeOfReferenceCodeSequence, {"121322", "DCM", "Source image for image processing operation"});
  }

  void put_series(DcmItem& item, const Series& series) const {
    if (instances_.empty()) return;
    DcmItem& reference = add_item(item, DCM_ReferencedSeriesSequence);
    put(reference, DCM_SeriesInstanceUID, series.uid);
    std::set<std::string> seen;
    for (const InstanceReference& instance : instances_) {
      if (!seen.insert(instance.sop_instance_uid).second) continue;
      DcmItem& entry = add_item(reference, DCM_ReferencedInstanceSequence);
      put(entry, DCM_ReferencedSOPClassUID, instance.sop_class_uid);
      put(entry, DCM_ReferencedSOPInstanceUID, instance.sop_instance_uid);
    }
  }

 private:
  std::vector<InstanceReference> instances_;
  bool multi_frame_ = false;
  bool same_locations_ = false;
};

void put_frames(DcmItem& item, const std::vector<Frame>& frames, const Geometry& g, const Sources& sources) {
  for (const Frame& frame : frames) {
    DcmItem& groups = add_item(item, DCM_PerFrameFunctionalGroupsSequence);
    sources.put_derivation(groups, frame.slice);
    DcmItem& content = add_item(groups, DCM_FrameContentSequence);
    const Uint32 indices[2] = {Uint32(frame.segment + 1), Uint32(frame.slice + 1)};
    content.putAndInsertUint32Array(DCM_DimensionIndexValues, indices, 2);
    const Vec3 position = world_from_index(g, {0, 0, double(frame.slice)});
    put(add_item(groups, DCM_PlanePositionSequence),
        DCM_ImagePositionPatient,
        decimal_strings({position[0], position[1], position[2]}));
    put(add_item(groups, DCM_SegmentIdentificationSequence), DCM_ReferencedSegmentNumber, uint16_t(frame.segment + 1));
  }
}

void put_image(DcmItem& item, const Geometry& g, size_t frames, const std::vector<uint8_t>& bits) {
  put(item, DCM_ImageType, "DERIVED\\PRIMARY");
  put(item, DCM_SamplesPerPixel, uint16_t(1));
  put(item, DCM_PhotometricInterpretation, "MONOCHROME2");
  put(item, DCM_NumberOfFrames, std::to_string(frames));
  put(item, DCM_Rows, uint16_t(g.size[1]));
  put(item, DCM_Columns, uint16_t(g.size[0]));
  put(item, DCM_BitsAllocated, uint16_t(1));
  put(item, DCM_BitsStored, uint16_t(1));
  put(item, DCM_HighBit, uint16_t(0));
  put(item, DCM_PixelRepresentation, uint16_t(0));
  put(item, DCM_LossyImageCompression, "00");
  put(item, DCM_SegmentationType, "BINARY");
  put(item, DCM_ContentLabel, "HEPATICA");
  put(item, DCM_ContentDescription, "Liver and focal lesions, for research use only");
  put(item, DCM_ContentCreatorName, "");
  auto* pixels = new DcmOtherByteOtherWord(DcmTag(DCM_PixelData, EVR_OB));  // the data set owns it
  pixels->putUint8Array(bits.data(), static_cast<unsigned long>(bits.size()));
  item.insert(pixels, OFTrue);
}

void check_segments(const std::vector<SegmentSource>& segments) {
  if (segments.empty()) throw Error(ErrorCode::usage, "a segmentation object needs at least one segment");
  const Geometry& g = segments.front().mask->geometry();
  for (const SegmentSource& segment : segments)
    if (!same_grid(segment.mask->geometry(), g))
      throw Error(ErrorCode::bad_geometry, "the masks of a segmentation object must lie on one grid");
  if (g.voxel_count() == 0 || g.size[0] > 65535 || g.size[1] > 65535)
    throw Error(ErrorCode::bad_geometry, "a mask without voxels, or of more than 65535 a side, cannot become a SEG");
}

}  // namespace

SegmentDescription liver_segment(std::vector<uint8_t> values) {
  return {"Liver",
          std::move(values),
          {"123037004", "SCT", "Anatomical Structure"},
          {"10200004", "SCT", "Liver"},
          {221, 130, 101},
          0};
}

SegmentDescription lesion_segment(int lesion, std::vector<uint8_t> values) {
  // Twelve hues that stay apart on grey (ColorBrewer "Paired", C. Brewer).
  static constexpr std::array<std::array<uint8_t, 3>, 12> kColours{{{227, 26, 28},
                                                                    {31, 120, 180},
                                                                    {51, 160, 44},
                                                                    {255, 127, 0},
                                                                    {106, 61, 154},
                                                                    {255, 255, 153},
                                                                    {166, 206, 227},
                                                                    {178, 223, 138},
                                                                    {251, 154, 153},
                                                                    {253, 191, 111},
                                                                    {202, 178, 214},
                                                                    {177, 89, 40}}};
  return {lesion_tracking_id(lesion),
          std::move(values),
          {"49755003", "SCT", "Morphologically Abnormal Structure"},
          {"52988006", "SCT", "Lesion"},
          kColours[size_t(std::max(lesion, 1) - 1) % kColours.size()],
          lesion};
}

SegReference write_dicom_seg(const fs::path& path,
                             const Study& study,
                             const Series& series,
                             const std::vector<SegmentSource>& segments,
                             const Provenance& provenance) {
  check_segments(segments);
  const auto [selected, frames] = choose(segments);
  const Geometry& g = segments.front().mask->geometry();
  const std::vector<uint8_t> bits = pack(selected, frames);
  const std::string_view content(reinterpret_cast<const char*>(bits.data()), bits.size());
  const std::string seed =
      fmt::format("seg {} {} {} {}", series.uid, provenance.recipe_sha256, provenance.created_utc, sha256(content));
  DcmFileFormat file;
  DcmDataset& item = *file.getDataset();
  put_result_header(item, study, series, provenance, seed, "Hepatica segmentation (research use only)", 9001);
  put(item, DCM_SOPClassUID, kSegmentationStorage);
  put(item, DCM_Modality, "SEG");
  put(item, DCM_FrameOfReferenceUID, valid_uid(tag_of(series, "FrameOfReferenceUID"), "frame " + series.uid));
  put(item, DCM_PositionReferenceIndicator, clean_text(tag_of(series, "PositionReferenceIndicator"), 64));
  const Sources sources(series, g);
  sources.put_series(item, series);
  put_dimensions(item, seed);
  put_segments(item, selected, study, provenance);
  put_shared_groups(item, g);
  put_frames(item, frames, g, sources);
  put_image(item, g, frames.size(), bits);
  save_dicom(file, path);
  SegReference reference{uid_from_seed("instance " + seed), uid_from_seed("series " + seed), {}};
  for (size_t n = 0; n < selected.size(); ++n)
    if (const int lesion = selected[n].source->description.lesion; lesion > 0)
      reference.segment_of_lesion[lesion] = int(n + 1);
  return reference;
}

SegReference write_dicom_seg(const fs::path& path,
                             const Study& study,
                             const Series& series,
                             const Mask& labels,
                             const std::vector<SegmentDescription>& segments,
                             const Provenance& provenance) {
  std::vector<SegmentSource> sources;
  for (const SegmentDescription& description : segments) sources.push_back({description, &labels});
  return write_dicom_seg(path, study, series, sources, provenance);
}

}  // namespace hepatica
