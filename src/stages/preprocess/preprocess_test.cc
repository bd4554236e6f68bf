#include "stages/preprocess/preprocess.h"

#include <gtest/gtest.h>

namespace hepatica {
namespace {

Series series_of(const std::string& uid, Phase phase, double confidence, int64_t slices, double spacing) {
  Series series;
  series.uid = uid;
  series.accepted = true;
  series.phase = phase;
  series.phase_confidence = confidence;
  series.geometry.size = {4, 4, slices};
  series.geometry.spacing = {1, 1, spacing};
  series.load = [geometry = series.geometry] { return Volume<int16_t>(geometry, int16_t(50)); };
  return series;
}

const std::vector<Phase> kPhases{Phase::arterial, Phase::portal_venous};

TEST(ChooseSeries, ByConfidenceThenSpacingThenSlices) {
  Study study;
  study.series = {series_of("thick", Phase::arterial, 0.92, 50, 5),
                  series_of("thin", Phase::arterial, 0.95, 125, 2),
                  series_of("unsure", Phase::arterial, 0.6, 250, 1),
                  series_of("pv", Phase::portal_venous, 0.9, 50, 5)};
  const SeriesChoice choice = choose_series(study, kPhases, {});
  ASSERT_EQ(choice.chosen.size(), 2u);
  EXPECT_EQ(choice.chosen[0].series, 1u);
  EXPECT_EQ(choice.chosen[1].series, 3u);
  EXPECT_TRUE(choice.warnings.empty());
}

TEST(ChooseSeries, AWholeScanBeatsAFragment) {
  Study study;
  study.series = {series_of("bolus", Phase::arterial, 0.95, 3, 2), series_of("scan", Phase::arterial, 0.95, 50, 5)};
  EXPECT_EQ(choose_series(study, kPhases, {}).chosen[0].series, 1u);
}

TEST(ChooseSeries, SaysWhatIsMissingOrGuessed) {
  Study study;
  study.series = {series_of("a", Phase::noncontrast, 0.9, 50, 5), series_of("b", Phase::portal_venous, 0.3, 50, 5)};
  SeriesChoice choice = choose_series(study, kPhases, {});
  ASSERT_EQ(choice.chosen.size(), 1u);
  ASSERT_EQ(choice.warnings.size(), 2u);
  EXPECT_NE(choice.warnings[0].find("uncertain"), std::string::npos);
  EXPECT_NE(choice.warnings[1].find("arterial"), std::string::npos);
  study.series.pop_back();
  choice = choose_series(study, kPhases, {});
  ASSERT_EQ(choice.chosen.size(), 1u);
  EXPECT_EQ(choice.chosen[0].phase, Phase::noncontrast);
  EXPECT_NE(choice.warnings[0].find("instead"), std::string::npos);
}

TEST(ChooseSeries, RefusedSeriesAndMrAreNotUsed) {
  Study study;
  study.series = {series_of("a", Phase::arterial, 0.9, 50, 5), series_of("b", Phase::arterial, 0.9, 50, 5)};
  study.series[0].accepted = false;
  study.series[0].reason = "a localizer";
  study.series[1].modality = Modality::mr;
  try {
    choose_series(study, kPhases, {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::no_images);
    EXPECT_NE(std::string(error.what()).find("a localizer"), std::string::npos);
  }
}

TEST(Preprocess, LoadsOnAxialAxes) {
  Study study;
  study.series = {series_of("a", Phase::arterial, 0.9, 3, 5)};
  study.series[0].geometry.direction = {{{-1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
  study.series[0].load = [geometry = study.series[0].geometry] {
    Volume<int16_t> volume(geometry, int16_t(0));
    volume.at(0, 0, 0) = 9;
    return volume;
  };
  const PreprocessedStudy result = preprocess(study, kPhases, {});
  ASSERT_EQ(result.images.size(), 1u);
  EXPECT_EQ(result.images[0].hu.at(3, 0, 0), 9);
  EXPECT_EQ(result.images[0].hu.geometry().direction[0][0], 1);
}

}  // namespace
}  // namespace hepatica
