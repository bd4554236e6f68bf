#include "evaluate/detection.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/threads.h"

namespace hepatica {
namespace {

constexpr char kReferences[] =
    "image,patient,x0,y0,x1,y1,size_mm\nA,p1,0,0,10,10,8\nA,p1,20,0,30,10,25\nB,p2,0,0,10,10,60\n";
constexpr char kDetections[] =
    "image,x0,y0,x1,y1,score\nA,0,0,10,10,.9\nA,0,1,10,11,.8\nA,20,0,30,5,.6\nB,100,100,110,110,.7\nB,0,0,10,10,.2\n";

DetectionTables tables_of(const std::string& detections, const std::string& references) {
  return detections_from_tables(parse_csv(detections, "found.csv"), parse_csv(references, "boxes.csv"));
}

DetectionOptions quick() {
  DetectionOptions options;
  options.bootstrap.resamples = 200;
  return options;
}

std::string error_of(const std::string& detections, const std::string& references) {
  try {
    tables_of(detections, references);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Detection, CountsAndAveragePrecisionByHand) {
  const DetectionEvaluation e = evaluate_detections(tables_of(kDetections, kReferences), quick());
  EXPECT_EQ(e.images, 2);
  EXPECT_EQ(e.patients, 2);
  const DetectionAtIou& half = e.at[2];
  EXPECT_EQ(half.iou, .5);
  EXPECT_EQ(half.true_positives, 2);  // .9 and .6; .8 finds its reference taken, .2 is below the confidence
  EXPECT_EQ(half.detections, 4);
  EXPECT_EQ(half.references, 3);
  EXPECT_NEAR(*half.precision.value, .5, 1e-12);
  EXPECT_NEAR(*half.recall.value, 2. / 3, 1e-12);
  EXPECT_NEAR(*half.f1.value, 4. / 7, 1e-12);
  // In order of score: hit, miss, miss, hit, hit. Precision made monotone: 1 up to recall .33, then .6.
  EXPECT_NEAR(*half.average_precision.value, (34 + 67 * .6) / 101, 1e-12);
  // From .55 on the half box finds nothing: 1 up to recall .33, .4 up to .66.
  EXPECT_NEAR(*e.map_50_95.value, ((34 + 67 * .6) / 101 + 9 * (34 + 33 * .4) / 101) / 10, 1e-12);
}

TEST(Detection, LilnetLetsABoxServeSeveralReferences) {
  const DetectionTables tables =
      tables_of("image,x0,y0,x1,y1,score\nA,0,0,10,10,.9\n", "image,x0,y0,x1,y1\nA,0,0,10,10\nA,0,0,10,8\n");
  DetectionOptions options = quick();
  EXPECT_EQ(*evaluate_detections(tables, options).at[2].recall.value, .5);
  options.lilnet = true;
  const DetectionAtIou at = evaluate_detections(tables, options).at[2];
  EXPECT_EQ(*at.recall.value, 1);
  EXPECT_FALSE(at.precision.value);  // 2 found by 1 box
  EXPECT_NE(at.precision.reason.find("several references"), std::string::npos);
}

TEST(Detection, FrocBySize) {
  const DetectionEvaluation e = evaluate_detections(tables_of(kDetections, kReferences), quick());
  ASSERT_EQ(e.froc.size(), 5u);
  const BoxFrocCurve& all = e.froc[0];
  ASSERT_EQ(all.points.size(), 5u);
  EXPECT_EQ(all.points[0].false_positives_per_image, 0);
  EXPECT_NEAR(*all.points[0].sensitivity.value, 1. / 3, 1e-12);
  EXPECT_EQ(all.points[2].false_positives_per_image, 1);  // two of two images
  EXPECT_EQ(*all.points[4].sensitivity.value, 1);
  EXPECT_EQ(e.froc[1].band, "< 10 mm");
  EXPECT_EQ(e.froc[1].references, 1);
  EXPECT_EQ(*e.froc[1].points[0].sensitivity.value, 1);
  EXPECT_TRUE(e.froc[3].points.empty());
}

TEST(Detection, NoBoxFoundIsAResult) {
  const DetectionEvaluation e =
      evaluate_detections(tables_of("image,x0,y0,x1,y1,score\nA,,,,,\n", kReferences), quick());
  EXPECT_EQ(*e.at[0].recall.value, 0);
  EXPECT_FALSE(e.at[0].precision.value);
  EXPECT_EQ(*e.map_50_95.value, 0);
}

TEST(Detection, SameForAnyNumberOfThreads) {
  std::vector<std::string> texts;
  for (const int threads : {1, 3}) {
    set_thread_count(threads);
    texts.push_back(
        json_from_detections(evaluate_detections(tables_of(kDetections, kReferences), quick()), quick()).dump());
  }
  set_thread_count(0);
  EXPECT_EQ(texts[0], texts[1]);
}

TEST(Detection, NamesRowAndMend) {
  const std::string head = "image,x0,y0,x1,y1,score\n";
  EXPECT_NE(error_of(head + "A,5,0,5,10,.9\n", kReferences).find("found.csv, line 2: the box"), std::string::npos);
  EXPECT_NE(error_of(head + "A,5,0,6,10,1.9\n", kReferences).find("within 0 and 1"), std::string::npos);
  EXPECT_NE(error_of(head + "A,x,0,6,10,.9\nA,5,0,6,10,nan\n", kReferences).find("line 3: score is 'nan'"),
            std::string::npos);
  EXPECT_NE(error_of("image,x0,y0,x1,y1\n", kReferences).find("no column 'score'"), std::string::npos);
  EXPECT_NE(error_of(kDetections, "image,x0,y0,x1,y1\n").find("no reference box"), std::string::npos);
  EXPECT_NE(error_of(kDetections, "image,patient,x0,y0,x1,y1\nA,p,0,0,1,1\nA,q,0,0,1,1\n").find("one patient"),
            std::string::npos);
  DetectionOptions options = quick();
  options.ious = {1.5};
  EXPECT_THROW(evaluate_detections(tables_of(kDetections, kReferences), options), Error);
}

}  // namespace
}  // namespace hepatica
