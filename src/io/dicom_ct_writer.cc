#include "io/dicom_ct_writer.h"

#include <fmt/format.h>

#include <cmath>

#include "base/threads.h"
#include "io/dicom_put.h"

namespace hepatica {
namespace {

constexpr size_t kLongText = 64, kShortText = 16;  // VR LO and SH

const std::string& or_else(const std::string& text, const std::string& fallback) {
  return text.empty() ? fallback : text;
}

void put_patient_and_study(DcmItem& item, const CtSeriesOptions& o, const CtSeriesUids& uids) {
  put(item, DCM_SpecificCharacterSet, "ISO_IR 192");
  put(item, DCM_PatientName, clean_text(o.patient.name, kLongText));
  put(item, DCM_PatientID, clean_text(o.patient.id, kLongText));
  put(item, DCM_PatientBirthDate, o.patient.birth_date);
  put(item, DCM_PatientSex, o.patient.sex);
  if (o.patient.age_years) put(item, DCM_PatientAge, age_string(*o.patient.age_years));
  put(item, DCM_StudyInstanceUID, uids.study);
  put(item, DCM_StudyID, "1");
  put(item, DCM_StudyDate, o.study_date);
  put(item, DCM_StudyTime, o.study_time);
  put(item, DCM_StudyDescription, clean_text(o.study_description, kLongText));
  put(item, DCM_AccessionNumber, "");
  put(item, DCM_ReferringPhysicianName, "");
}

void put_series(DcmItem& item, const CtSeriesOptions& o, const CtSeriesUids& uids) {
  const std::string& series_time = or_else(o.series_time, o.study_time);
  const std::string& acquisition_time = or_else(o.acquisition_time, series_time);
  put(item, DCM_Modality, "CT");
  put(item, DCM_SeriesInstanceUID, uids.series);
  put(item, DCM_SeriesNumber, std::to_string(o.series_number));
  put(item, DCM_SeriesDescription, clean_text(o.series_description, kLongText));
  put(item, DCM_SeriesDate, o.study_date);
  put(item, DCM_SeriesTime, series_time);
  put(item, DCM_AcquisitionDate, o.study_date);
  put(item, DCM_AcquisitionTime, acquisition_time);
  put(item, DCM_ContentDate, o.study_date);
  put(item, DCM_ContentTime, acquisition_time);
  put(item, DCM_BodyPartExamined, o.body_part);
  put(item, DCM_PatientPosition, "HFS");
  put(item, DCM_Manufacturer, clean_text(o.manufacturer, kLongText));
  put(item, DCM_ManufacturerModelName, clean_text(o.model, kLongText));
  put(item, DCM_FrameOfReferenceUID, uids.frame_of_reference);
  put(item, DCM_PositionReferenceIndicator, "");
  if (!o.contrast_agent.empty()) {
    put(item, DCM_ContrastBolusAgent, clean_text(o.contrast_agent, kLongText));
    put(item, DCM_ContrastBolusRoute, "IV");
    if (!o.contrast_start_time.empty()) put(item, DCM_ContrastBolusStartTime, o.contrast_start_time);
  }
}

void put_image(DcmItem& item, const Volume<int16_t>& hu, const CtSeriesOptions& o) {
  const Geometry& g = hu.geometry();
  put(item, DCM_SOPClassUID, UID_CTImageStorage);
  put(item, DCM_ImageType, "ORIGINAL\\PRIMARY\\AXIAL");
  put(item, DCM_AcquisitionNumber, "1");
  put(item, DCM_KVP, decimal_string(o.kvp));
  if (!o.convolution_kernel.empty()) put(item, DCM_ConvolutionKernel, clean_text(o.convolution_kernel, kShortText));
  put(item, DCM_SliceThickness, decimal_string(o.slice_thickness_mm > 0 ? o.slice_thickness_mm : g.spacing[2]));
  put(item, DCM_SpacingBetweenSlices, decimal_string(g.spacing[2]));
  if (!o.image_comments.empty()) put(item, DCM_ImageComments, clean_text(o.image_comments, 1000));
  put(item, DCM_SamplesPerPixel, uint16_t(1));
  put(item, DCM_PhotometricInterpretation, "MONOCHROME2");
  put(item, DCM_Rows, uint16_t(g.size[1]));
  put(item, DCM_Columns, uint16_t(g.size[0]));
  // Rows come first: the distance between rows, then between columns.
  put(item, DCM_PixelSpacing, decimal_strings({g.spacing[1], g.spacing[0]}));
  put(item, DCM_ImageOrientationPatient, orientation_string(g));
  put(item, DCM_BitsAllocated, uint16_t(16));
  put(item, DCM_BitsStored, uint16_t(16));
  put(item, DCM_HighBit, uint16_t(15));
  put(item, DCM_PixelRepresentation, uint16_t(1));
  put(item, DCM_RescaleIntercept, "0");
  put(item, DCM_RescaleSlope, "1");
  put(item, DCM_RescaleType, "HU");
  put(item, DCM_WindowCenter, "40");
  put(item, DCM_WindowWidth, "350");
}

void put_slice(DcmItem& item, const Volume<int16_t>& hu, int64_t k, const CtSeriesUids& uids) {
  const Vec3 position = world_from_index(hu.geometry(), {0, 0, double(k)});
  put(item, DCM_SOPInstanceUID, uid_from_seed(fmt::format("{} instance {}", uids.series, k)));
  put(item, DCM_InstanceNumber, std::to_string(k + 1));
  put(item, DCM_ImagePositionPatient, decimal_strings({position[0], position[1], position[2]}));
  put(item, DCM_SliceLocation, decimal_string(position[2]));
  const auto pixels = hu.slice(k);
  item.putAndInsertUint16Array(
      DCM_PixelData, reinterpret_cast<const Uint16*>(pixels.data()), static_cast<unsigned long>(pixels.size()));
}

}  // namespace

CtSeriesUids write_ct_series(const fs::path& folder, const Volume<int16_t>& hu, const CtSeriesOptions& options) {
  if (hu.empty() || hu.nx() > 65535 || hu.ny() > 65535)
    throw Error(ErrorCode::bad_geometry,
                fmt::format("a CT series cannot hold slices of {} x {} pixels", hu.nx(), hu.ny()));
  const CtSeriesUids uids{uid_from_seed("study " + options.study_seed),
                          uid_from_seed("series " + options.study_seed + " / " + options.series_seed),
                          uid_from_seed("frame " + options.study_seed)};
  OutputFolder output(folder);
  parallel_for(size_t(hu.nz()), [&](size_t k) {
    DcmFileFormat file;
    DcmDataset& item = *file.getDataset();
    put_patient_and_study(item, options, uids);
    put_series(item, options, uids);
    put_image(item, hu, options);
    put_slice(item, hu, int64_t(k), uids);
    save_dicom(file, output.staging() / fmt::format("CT{:04d}.dcm", k + 1));
  });
  output.commit();
  return uids;
}

}  // namespace hepatica
