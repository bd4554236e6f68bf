#include "io/dicom_sr.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "io/dicom_read.h"
#include "io/dicom_result.h"
#include "io/sr_tree.h"

namespace hepatica {
namespace {

constexpr char kSegmentationStorage[] = "1.2.840.10008.5.1.4.1.1.66.4";
constexpr char kOwnScheme[] = "99HEPATICA";

const Code kLiver{"10200004", "SCT", "Liver"};
const Code kFindingSite{"363698007", "SCT", "Finding Site"};
const Code kFinding{"121071", "DCM", "Finding"};
const Code kTrackingId{"112039", "DCM", "Tracking Identifier"};
const Code kTrackingUid{"112040", "DCM", "Tracking Unique Identifier"};
const Code kPercent{"%", "UCUM", "percent"};

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) { return char(std::toupper(uint8_t(c))); });
  return text;
}

/// "Probability of <type>", of cancer where the type is "malignant".
Code probability_code(const std::string& type) {
  if (type == "malignant") return {"111047", "DCM", "Probability of cancer"};
  return {clean_text("P_" + upper(type), 16), kOwnScheme, "Probability of " + type};
}

std::string plural(size_t count) {
  return count == 1 ? "1 focal liver lesion" : fmt::format("{} focal liver lesions", count);
}

/// Writes the parts of TID 1500 in their order.
class Writer {
 public:
  Writer(DSRDocument& document,
         const Study& study,
         const Series& series,
         const Diagnosis& diagnosis,
         const Provenance& provenance,
         const SegReference& seg)
      : document_(document),
        tree_(document.getTree()),
        study_(study),
        series_(series),
        diagnosis_(diagnosis),
        provenance_(provenance),
        seg_(seg) {}

  void write() {
    root_ = tree_.root({"126000", "DCM", "Imaging Measurement Report"}, "1500");
    tree_.code(root_,
               DSRTypes::RT_hasConceptMod,
               {"121049", "DCM", "Language of Content Item and Descendants"},
               {"en-US", "RFC5646", "English (United States)"});
    add_observer();
    tree_.code(
        root_, DSRTypes::RT_hasConceptMod, {"121058", "DCM", "Procedure reported"}, {"41806-1", "LN", "CT Abdomen"});
    add_image_library();
    add_measurements();
    add_evaluation();
  }

 private:
  /// TID 1002 and 1004: the program as a device.
  void add_observer() {
    const auto context = DSRTypes::RT_hasObsContext;
    tree_.code(root_, context, {"121005", "DCM", "Observer Type"}, {"121007", "DCM", "Device"});
    tree_.uid(root_,
              context,
              {"121012", "DCM", "Device Observer UID"},
              uid_from_seed("device " + algorithm_name(provenance_) + algorithm_version(provenance_)));
    tree_.text(root_, context, {"121013", "DCM", "Device Observer Name"}, algorithm_name(provenance_));
    tree_.text(root_, context, {"121014", "DCM", "Device Observer Manufacturer"}, "Hepatica");
    tree_.text(root_, context, {"121015", "DCM", "Device Observer Model Name"}, algorithm_version(provenance_));
  }

  /// TID 1600: the instances that were measured.
  void add_image_library() {
    const size_t library = tree_.container(root_, {"111028", "DCM", "Image Library"}, "1600");
    if (series_.instances.empty()) return;
    const size_t group = tree_.container(library, {"126200", "DCM", "Image Library Group"}, "1601");
    tree_.code(group,
               DSRTypes::RT_hasAcqContext,
               {"121139", "DCM", "Modality"},
               series_.modality == Modality::mr ? Code{"MR", "DCM", "Magnetic Resonance"}
                                                : Code{"CT", "DCM", "Computed Tomography"});
    std::set<std::string> seen;
    for (const InstanceReference& instance : series_.instances) {
      if (!seen.insert(instance.sop_instance_uid).second) continue;
      tree_.image(group, {}, instance.sop_class_uid, instance.sop_instance_uid, 0, 0);
      add_evidence(series_.uid, instance.sop_class_uid, instance.sop_instance_uid);
    }
  }

  void add_evidence(const std::string& series_uid, const std::string& sop_class, const std::string& instance) {
    check_sr(document_.getCurrentRequestedProcedureEvidence().addItem(
                 study_uid(study_).c_str(), series_uid.c_str(), sop_class.c_str(), instance.c_str()),
             "evidence");
  }

  void add_measurements() {
    if (diagnosis_.lesions.empty() && !diagnosis_.patient) return;
    const size_t measurements = tree_.container(root_, {"126010", "DCM", "Imaging Measurements"});
    for (size_t n = 0; n < diagnosis_.lesions.size(); ++n) add_lesion(measurements, n);
    if (diagnosis_.patient) add_patient(measurements, *diagnosis_.patient);
  }

  /// TID 1411 where the lesion has a segment, else TID 1501.
  void add_lesion(size_t measurements, size_t n) {
    const Lesion& lesion = diagnosis_.lesions[n];
    const auto segment = seg_.segment_of_lesion.find(lesion.id);
    const bool has_segment = segment != seg_.segment_of_lesion.end();
    const size_t group = start_group(measurements,
                                     has_segment ? "1411" : "1501",
                                     lesion_tracking_id(lesion.id),
                                     lesion_tracking_uid(study_, provenance_, lesion.id));
    tree_.code(group, DSRTypes::RT_contains, kFinding, {"52988006", "SCT", "Lesion"});
    if (has_segment) {
      tree_.image(group,
                  {"121191", "DCM", "Referenced Segment"},
                  kSegmentationStorage,
                  seg_.sop_instance_uid,
                  segment->second,
                  0);
      tree_.uid(group,
                DSRTypes::RT_contains,
                {"121232", "DCM", "Source series for segmentation"},
                valid_uid(series_.uid, "series " + series_.uid));
      if (!seg_is_evidence_) add_evidence(seg_.series_uid, kSegmentationStorage, seg_.sop_instance_uid);
      seg_is_evidence_ = true;
    }
    tree_.code(group, DSRTypes::RT_hasConceptMod, kFindingSite, kLiver);
    add_size(group, lesion);
    if (n < diagnosis_.lesion_predictions.size()) add_prediction(group, diagnosis_.lesion_predictions[n]);
  }

  size_t start_group(size_t measurements, const std::string& tid, const std::string& id, const std::string& uid) {
    const size_t group = tree_.container(measurements, {"125007", "DCM", "Measurement Group"}, tid);
    tree_.text(group, DSRTypes::RT_hasObsContext, kTrackingId, id);
    tree_.uid(group, DSRTypes::RT_hasObsContext, kTrackingUid, uid);
    return group;
  }

  void add_size(size_t group, const Lesion& lesion) {
    const Code millimetre{"mm", "UCUM", "millimeter"};
    const auto add = [&](const Code& name, double value, const Code& unit) {
      if (value > 0) tree_.number(group, name, fmt::format("{:.2f}", value), unit);
    };
    add({"103339001", "SCT", "Long Axis"}, lesion.long_axis_mm, millimetre);
    add({"103340004", "SCT", "Short Axis"}, lesion.short_axis_mm, millimetre);
    add({"118565006", "SCT", "Volume"}, lesion.volume_ml, {"ml", "UCUM", "milliliter"});
    add({"DET_SCORE", kOwnScheme, "Highest detection score"}, 100 * lesion.score, kPercent);
  }

  /// The patient as a group of its own: TID 1500 has numbers in measurement groups only.
  void add_patient(size_t measurements, const HierarchyPrediction& prediction) {
    const std::string uid = uid_from_seed("patient " + lesion_tracking_uid(study_, provenance_, 0));
    const size_t group = start_group(measurements, "1501", "Patient", uid);
    tree_.code(group, DSRTypes::RT_contains, kFinding, {"PATIENT", kOwnScheme, "All lesions of the patient together"});
    tree_.code(group, DSRTypes::RT_hasConceptMod, kFindingSite, kLiver);
    add_prediction(group, prediction);
  }

  void add_prediction(size_t group, const HierarchyPrediction& prediction) {
    for (const auto* table : {&prediction.benign_malignant, &prediction.probabilities})
      for (const auto& [type, probability] : *table)
        tree_.number(group, probability_code(type), fmt::format("{:.2f}", 100 * probability), kPercent);
    if (!prediction.prediction.empty())
      tree_.code(group,
                 DSRTypes::RT_contains,
                 {"PREDICTION", kOwnScheme, "Predicted type"},
                 {clean_text(upper(prediction.prediction), 16), kOwnScheme, prediction.prediction});
  }

  void add_evaluation() {
    const size_t evaluations = tree_.container(root_, {"C0034375", "UMLS", "Qualitative Evaluations"});
    tree_.code(evaluations,
               DSRTypes::RT_contains,
               {"STATUS", kOwnScheme, "Outcome"},
               {clean_text(upper(std::string(name_of(diagnosis_.status))), 16),
                kOwnScheme,
                std::string(name_of(diagnosis_.status))});
    tree_.text(evaluations,
               DSRTypes::RT_contains,
               {"121077", "DCM", "Conclusion"},
               clean_text(conclusion_text(diagnosis_, provenance_), 10000));
  }

  DSRDocument& document_;
  SrTree tree_;
  const Study& study_;
  const Series& series_;
  const Diagnosis& diagnosis_;
  const Provenance& provenance_;
  const SegReference& seg_;
  size_t root_ = 0;
  bool seg_is_evidence_ = false;
};

/// Content and evidence of the document, without the header.
void write_content(DSRDocument& document, DcmDataset& item) {
  check_sr(document.getCodingSchemeIdentification().addItem(
               kOwnScheme, uid_from_seed(kOwnScheme).c_str(), "Hepatica concepts without a standard code", "Hepatica"),
           "coding scheme");
  check_sr(document.setCompletionFlagDescription("Computed, not read by a physician"), "completion");
  check_sr(document.write(item), "writing");
}

}  // namespace

std::string conclusion_text(const Diagnosis& diagnosis, const Provenance& provenance) {
  std::string text;
  switch (diagnosis.status) {
    case Diagnosis::Status::lesions:
      text = fmt::format("{} found.", plural(diagnosis.lesions.size()));
      break;
    case Diagnosis::Status::no_lesion:
      text = "No focal liver lesion found.";
      break;
    case Diagnosis::Status::abstain:
      text = fmt::format("{} found; no type is given: {}.",
                         plural(diagnosis.lesions.size()),
                         diagnosis.abstain_reason.value_or("the classifiers are not certain enough"));
      break;
    case Diagnosis::Status::refused:
      text = fmt::format("Not diagnosed: {}.", diagnosis.refused_reason.value_or("the study cannot be used"));
      break;
  }
  if (diagnosis.patient && !diagnosis.patient->prediction.empty() && diagnosis.status == Diagnosis::Status::lesions) {
    const HierarchyPrediction& patient = *diagnosis.patient;
    text += fmt::format(" Predicted type: {}", patient.prediction);
    if (const auto found = patient.probabilities.find(patient.prediction); found != patient.probabilities.end())
      text += fmt::format(" ({:.1f} %)", 100 * found->second);
    text += ".";
  }
  return text + fmt::format(" Computed by {} {}, for research use only, not for clinical decisions.",
                            algorithm_name(provenance),
                            algorithm_version(provenance));
}

void write_dicom_sr(const fs::path& path,
                    const Study& study,
                    const Series& series,
                    const Diagnosis& diagnosis,
                    const Provenance& provenance,
                    const SegReference& seg) {
  initialise_dicom();
  DSRDocument document(DSRTypes::DT_ComprehensiveSR);
  check_sr(document.setSpecificCharacterSetType(DSRTypes::CS_UTF8), "character set");
  Writer(document, study, series, diagnosis, provenance, seg).write();
  DcmFileFormat file;
  DcmDataset& item = *file.getDataset();
  write_content(document, item);
  const std::string seed = fmt::format("sr {} {} {} {}",
                                       study_uid(study),
                                       provenance.recipe_sha256,
                                       provenance.created_utc,
                                       conclusion_text(diagnosis, provenance) + seg.sop_instance_uid);
  put_result_header(item, study, series, provenance, seed, "Hepatica measurements (research use only)", 9002);
  save_dicom(file, path);
}

}  // namespace hepatica
