#include "stages/segment/segment_images.h"

#include <gtest/gtest.h>

#include "stages/segment/study_of_two_test.h"

namespace hepatica {
namespace {

/// Finds a liver in images brighter than 50 HU.
class BrightSegmenter final : public Segmenter {
 public:
  LiverSegmentation segment(const Volume<int16_t>& hu) const override {
    const bool bright = hu.at(0, 0, 0) > 50;
    return {Mask(hu.geometry(), uint8_t(bright)), bright ? 1.0 : 0.0, 1.0, bright ? "" : "no liver here"};
  }
};

TEST(SegmentImages, ImagesWithoutLiverAreLeftOut) {
  PreprocessedStudy study = study_of_two();
  Geometry elsewhere = study.images[0].hu.geometry();
  elsewhere.origin = {500, 0, 0};
  study.images[0].hu.set_geometry(elsewhere);
  EXPECT_EQ(segment_images(study, BrightSegmenter()), std::nullopt);
  ASSERT_EQ(study.images.size(), 1u);
  EXPECT_EQ(study.images[0].phase, Phase::portal_venous);
  EXPECT_NE(study.warnings.at(0).find("arterial"), std::string::npos);
  study = study_of_two();
  study.images.pop_back();
  EXPECT_EQ(segment_images(study, BrightSegmenter()), "no liver here");
  EXPECT_TRUE(study.images.empty());
}

TEST(SegmentImages, APhaseWithoutLiverTakesThatOfTheOther) {
  PreprocessedStudy study = study_of_two();
  EXPECT_EQ(segment_images(study, BrightSegmenter()), std::nullopt);
  ASSERT_EQ(study.images.size(), 2u);
  EXPECT_EQ(study.images[0].liver.at(3, 3, 1), 1);
  EXPECT_NE(study.warnings.at(0).find("arterial"), std::string::npos);
  study = study_of_two();
  study.images[0].hu = Volume<int16_t>(study.images[0].hu.geometry(), int16_t(-700));  // lung: it does not fit
  EXPECT_EQ(segment_images(study, BrightSegmenter()), std::nullopt);
  EXPECT_EQ(study.images.size(), 1u);
}

}  // namespace
}  // namespace hepatica
