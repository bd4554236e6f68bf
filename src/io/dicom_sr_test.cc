#include "io/dicom_sr.h"

#include <dcmtk/config/osconfig.h>
#include <gtest/gtest.h>
// DCMTK's configuration comes first.
#include <dcmtk/dcmsr/dsrdoc.h>

#include <map>

#include "io/dicom_check.h"
#include "io/dicom_test_study.h"

namespace hepatica {
namespace {

Diagnosis two_lesions() {
  Diagnosis diagnosis;
  diagnosis.status = Diagnosis::Status::lesions;
  Lesion lesion;
  lesion.id = 1;
  lesion.long_axis_mm = 31.25;
  lesion.short_axis_mm = 20.5;
  lesion.volume_ml = 8.125;
  lesion.score = 0.91;
  diagnosis.lesions = {lesion, lesion};
  diagnosis.lesions[1].id = 2;
  diagnosis.lesions[1].long_axis_mm = 9;
  HierarchyPrediction prediction;
  prediction.benign_malignant = {{"benign", 0.25}, {"malignant", 0.75}};
  prediction.probabilities = {{"cyst", 0.25}, {"hcc", 0.625}, {"metastasis", 0.125}};
  prediction.prediction = "hcc";
  diagnosis.lesion_predictions = {prediction, prediction};
  diagnosis.patient = prediction;
  return diagnosis;
}

/// The report as DCMTK reads and checks it: values of NUM and TEXT items by concept meaning, in order.
std::multimap<std::string, std::string> values_of(const fs::path& path) {
  DcmFileFormat file;
  EXPECT_TRUE(file.loadFile(path.c_str()).good());
  DSRDocument document;
  EXPECT_TRUE(document.read(*file.getDataset()).good());
  EXPECT_TRUE(document.isValid());
  std::multimap<std::string, std::string> values;
  DSRDocumentTree& tree = document.getTree();
  if (!tree.gotoRoot()) return values;
  do {
    DSRContentItem& item = tree.getCurrentContentItem();
    std::string value;
    if (item.getValueType() == DSRTypes::VT_Num)
      value = std::string(item.getNumericValue().getNumericValue().c_str()) + " " +
              item.getNumericValue().getMeasurementUnit().getCodeValue().c_str();
    else if (item.getValueType() == DSRTypes::VT_Code)
      value = item.getCodeValue().getCodeValue().c_str();
    else if (item.getValueType() == DSRTypes::VT_Text || item.getValueType() == DSRTypes::VT_UIDRef)
      value = item.getStringValue().c_str();
    else if (item.getValueType() == DSRTypes::VT_Image)
      value = item.getImageReference().getSOPInstanceUID().c_str();
    values.emplace(item.getConceptName().getCodeMeaning().c_str(), value);
  } while (tree.iterate());
  return values;
}

std::string first(const std::multimap<std::string, std::string>& values, const std::string& name) {
  const auto found = values.lower_bound(name);
  return found == values.end() || found->first != name ? "" : found->second;
}

TEST(DicomSr, HoldsTheDiagnosisAsDcmtkReadsIt) {
  const TemporaryFolder folder;
  const TestStudy test = test_study();
  SegReference seg{"1.2.3.4.5", "1.2.3.4", {{1, 2}}};
  const fs::path path = folder.path() / "sr.dcm";
  write_dicom_sr(path, test.study, test.study.series[0], two_lesions(), test.provenance, seg);
  const auto values = values_of(path);
  EXPECT_EQ(first(values, "Long Axis"), "31.25 mm");
  EXPECT_EQ(first(values, "Short Axis"), "20.50 mm");
  EXPECT_EQ(first(values, "Volume"), "8.12 ml");  // 8.125 to the nearest even, as printf does
  EXPECT_EQ(first(values, "Probability of cancer"), "75.00 %");
  EXPECT_EQ(first(values, "Probability of hcc"), "62.50 %");
  EXPECT_EQ(values.count("Probability of hcc"), 3u);  // two lesions and the patient
  EXPECT_EQ(values.count("Referenced Segment"), 1u);
  EXPECT_EQ(first(values, "Referenced Segment"), "1.2.3.4.5");
  EXPECT_EQ(first(values, "Tracking Identifier"), "Lesion 1");
  EXPECT_EQ(first(values, "Tracking Unique Identifier"), lesion_tracking_uid(test.study, test.provenance, 1));
  EXPECT_EQ(first(values, "Finding Site"), "10200004");
  EXPECT_EQ(first(values, "Conclusion"),
            "2 focal liver lesions found. Predicted type: hcc (62.5 %). Computed by hepatica lilnet2024 0.1.0 "
            "(0123456789ab), for research use only, not for clinical decisions.");
  EXPECT_EQ(values.count(""), 4u);  // the instances of the image library
}

TEST(DicomSr, EveryOutcomePassesDciodvfy) {
  if (!dciodvfy_is_there()) GTEST_SKIP() << "dciodvfy (Debian dicom3tools) is not installed";
  const TemporaryFolder folder;
  TestStudy test = test_study();
  const fs::path path = folder.path() / "sr.dcm";
  const SegReference seg{"1.2.3.4.5", "1.2.3.4", {{1, 2}}};
  write_dicom_sr(path, test.study, test.study.series[0], two_lesions(), test.provenance, seg);
  EXPECT_EQ(dciodvfy_errors(path), "");
  write_dicom_sr(path, test.study, test.study.series[0], two_lesions(), test.provenance);
  EXPECT_EQ(dciodvfy_errors(path), "");
  write_dicom_sr(path, test.study, test.study.series[0], Diagnosis{}, test.provenance);
  EXPECT_EQ(dciodvfy_errors(path), "");
  EXPECT_EQ(first(values_of(path), "Outcome"), "NO_LESION");
  test.study.series[0].instances.clear();
  Diagnosis refused;
  refused.status = Diagnosis::Status::refused;
  refused.refused_reason = "no liver in the scan";
  write_dicom_sr(path, test.study, test.study.series[0], refused, test.provenance);
  EXPECT_EQ(dciodvfy_errors(path), "");
  EXPECT_EQ(first(values_of(path), "Conclusion").find("Not diagnosed: no liver in the scan."), 0u);
}

TEST(DicomSr, EqualInputGivesEqualBytes) {
  const TemporaryFolder folder;
  const TestStudy test = test_study();
  const fs::path a = folder.path() / "a.dcm", b = folder.path() / "b.dcm";
  write_dicom_sr(a, test.study, test.study.series[0], two_lesions(), test.provenance);
  write_dicom_sr(b, test.study, test.study.series[0], two_lesions(), test.provenance);
  EXPECT_EQ(read_file(a), read_file(b));
  EXPECT_THROW(write_dicom_sr("/proc/x/a.dcm", test.study, test.study.series[0], two_lesions(), test.provenance),
               Error);
}

}  // namespace
}  // namespace hepatica
