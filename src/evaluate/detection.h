// Boxes of a detector against reference boxes.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/csv.h"
#include "evaluate/figures.h"
#include "stats/bootstrap.h"

namespace hepatica {

/// One box of one image; pixels of the image, upper left and lower right corner.
struct DetectionBox {
  std::string image, patient, class_name;
  double x0 = 0, y0 = 0, x1 = 0, y1 = 0;
  double score = 1;               ///< of a detection
  std::optional<double> size_mm;  ///< of a reference, where the table says it
};

/// The detections and references of a set of images. An image without a row in either table does not exist here: give
/// the images that hold nothing in a column of their own (`images`), or false positives there are not counted.
struct DetectionTables {
  std::vector<DetectionBox> detections, references;
  std::vector<std::string> images;            ///< every image, sorted
  std::vector<std::string> patient_of_image;  ///< of each of `images`; the image itself without a column "patient"
  std::vector<std::string> classes;           ///< sorted; one empty name without a column "class"
};

/// Columns image, x0, y0, x1, y1; detections also score; optional patient, class, size_mm. A row with empty coordinates
/// names an image without a box. Error{bad_manifest} names file, line and mend, up to ten at once: a missing column, a
/// number that is none, x1 <= x0 or y1 <= y0, a score outside 0 and 1, an image of two patients.
DetectionTables read_detections(const fs::path& detections, const fs::path& references);
DetectionTables detections_from_tables(const CsvTable& detections, const CsvTable& references);

struct DetectionOptions {
  double confidence = 0.25;                 ///< boxes below it count only for mAP and FROC
  std::vector<double> ious{0.1, 0.3, 0.5};  ///< of precision, recall, F1 and mAP
  bool lilnet = false;                      ///< count as LiLNet's code does (see below)
  double froc_iou = 0.1;
  stats::BootstrapOptions bootstrap;
};

/// One threshold's counts and figures.
struct DetectionAtIou {
  double iou = 0;
  int64_t true_positives = 0, detections = 0, references = 0;
  stats::Estimate precision, recall, f1, average_precision;  ///< the last: mean over classes (mAP)
};

/// Sensitivity against false positives per image, of all references or of a band of sizes.
struct BoxFrocPoint {
  double threshold = 0, false_positives_per_image = 0;
  stats::Estimate sensitivity;
};
struct BoxFrocCurve {
  std::string band;  ///< "all", or a band of size_mm
  int64_t references = 0;
  std::vector<BoxFrocPoint> points;
};

/// Standard counting: detections in descending order of score each take the free reference of their class with the
/// highest IoU that is at least the threshold; what takes none is a false positive (as COCO's pycocotools does).
/// LiLNet's counting (its calculate_index.py): a reference is found where any detection of its class reaches the IoU,
/// one detection may serve several; precision = found / detections, so that it can exceed 1: such a value is given as
/// undefined with the reason. Average precision is COCO's: precision made monotone, the mean at 101 recalls;
/// `map_50_95` is the mean over IoU .5, .55 ... .95. Intervals: bootstrap over patients (BCa, else percentile).
struct DetectionEvaluation {
  int64_t images = 0, patients = 0;
  std::vector<DetectionAtIou> at;
  stats::Estimate map_50_95;
  std::vector<BoxFrocCurve> froc;
};
DetectionEvaluation evaluate_detections(const DetectionTables& tables, const DetectionOptions& options);

/// Average precision from matches in descending order of score (1: true positive), COCO's 101 recalls.
double average_precision_101(const std::vector<uint8_t>& matched,
                             const std::vector<uint32_t>& weights,
                             double references);

/// Intersection over union of two boxes.
double box_iou(const DetectionBox& a, const DetectionBox& b);

/// "precision [IoU 0.5]", ..., "map [IoU 0.5 to 0.95]".
std::vector<stats::NamedEstimate> named_estimates(const DetectionEvaluation& evaluation);

nlohmann::json json_from_detections(const DetectionEvaluation& evaluation, const DetectionOptions& options);
/// "iou,metric,value,lower,upper,n,method,reason".
std::string csv_from_detections(const DetectionEvaluation& evaluation);
/// detection (bars of F1, recall and precision by IoU) and froc.
std::vector<NamedDrawing> detection_figures(const DetectionEvaluation& evaluation);

}  // namespace hepatica
