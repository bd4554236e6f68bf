#include <gtest/gtest.h>

#include "base/error.h"
#include "dataset/dark_regions.h"
#include "dataset/intensity.h"
#include "dataset/mixture.h"
#include "dataset/phantom_source.h"
#include "dataset/prefetch.h"
#include "dataset/slice_cache.h"
#include "dataset/slice_folder.h"
#include "io/picture.h"

namespace hepatica {
namespace {

TEST(SliceCache, RoundTrip) {
  LearningSlice slice;
  slice.width = 2;
  slice.height = 1;
  slice.hu = {-1000, 37};
  slice.liver = {0, 1};
  slice.lesions = {{{0, 0, 1, 1}, "hcc", true}};
  slice.phase = Phase::arterial;
  slice.liver_hu = 37;
  slice.target = Box2{0, 0, 2, 1};
  slice.label = "hcc";
  slice.lesion = {1, 0};
  const std::string bytes = bytes_of_slice(slice);
  const LearningSlice back = slice_from_bytes(bytes, "test");
  EXPECT_EQ(back.hu, slice.hu);
  EXPECT_EQ(back.liver, slice.liver);
  EXPECT_EQ(back.lesions, slice.lesions);
  EXPECT_EQ(back.phase, slice.phase);
  EXPECT_EQ(back.target, slice.target);
  EXPECT_EQ(back.lesion, slice.lesion);
  EXPECT_TRUE(back.above.empty());
  EXPECT_THROW(slice_from_bytes(bytes.substr(0, bytes.size() - 1), "test"), Error);
}

TEST(SliceCache, KeepsThePlanesBesideTheSlice) {
  LearningSlice slice;
  slice.width = 2;
  slice.height = 1;
  slice.hu = {-1000, 37};
  slice.above = {1, 2};
  slice.below = {3, 4};
  slice.liver = {0, 1};
  const LearningSlice back = slice_from_bytes(bytes_of_slice(slice), "test");
  EXPECT_EQ(back.hu, slice.hu);
  EXPECT_EQ(back.above, slice.above);
  EXPECT_EQ(back.below, slice.below);
  EXPECT_EQ(back.liver, slice.liver);
}

TEST(Prefetcher, GivesItemsInOrder) {
  Prefetcher<int> squares(50, 3, 4, [](size_t i) { return int(i * i); });
  for (int i = 0; i < 50; ++i) EXPECT_EQ(squares.next(), i * i);
  EXPECT_TRUE(squares.done());
}

TEST(Prefetcher, PassesErrorsOnAtTheirItem) {
  Prefetcher<int> broken(3, 2, 2, [](size_t i) -> int {
    if (i == 1) throw Error(ErrorCode::bad_values, "second");
    return int(i);
  });
  EXPECT_EQ(broken.next(), 0);
  EXPECT_THROW(broken.next(), Error);
}

TEST(SliceFolder, TurnsPicturesAndTellsVolumes) {
  TemporaryFolder folder;
  fs::create_directories(folder.path() / "images");
  fs::create_directories(folder.path() / "masks");
  const std::vector<uint8_t> image{0, 51, 102, 255}, mask{0, 255, 0, 0};  // rows (0, 51), (102, 255)
  for (const char* name : {"flipped_1_7.png", "flipped_2_7.png"}) {
    write_file(folder.path() / "images" / name, png_from_grey(2, 2, image));
    write_file(folder.path() / "masks" / name, png_from_grey(2, 2, mask));
  }
  SliceFolderOptions options;
  options.quarter_turns = 1;
  options.exclude = {2, 2};
  const auto source = open_slice_folder(folder.path(), options);
  ASSERT_EQ(source->size(), 1u);
  EXPECT_EQ(source->group(0), "1");
  const LearningSlice slice = source->get(0);
  EXPECT_EQ(slice.hu, (std::vector<float>{51, 255, 0, 102}));  // the right column becomes the top row
  EXPECT_EQ(slice.liver, (std::vector<uint8_t>{1, 0, 0, 0}));
  fs::remove(folder.path() / "masks" / "flipped_1_7.png");
  EXPECT_THROW(open_slice_folder(folder.path(), options), Error);
}

TEST(DarkRegions, FindsADarkDiscAndPassesOverTheRest) {
  LearningSlice slice;
  slice.width = slice.height = 80;
  slice.spacing_mm = 1.5;
  slice.hu.assign(slice.pixels(), 0);
  slice.liver.assign(slice.pixels(), 0);
  Rng rng(2);
  for (int64_t y = 10; y < 70; ++y) {
    for (int64_t x = 10; x < 70; ++x) {
      const size_t i = size_t(y * 80 + x);
      slice.liver[i] = 1;
      slice.hu[i] = float((std::hypot(double(x - 40), double(y - 40)) < 8 ? 60 : 110) + rng.normal(0, 5));
    }
  }
  const auto boxes = dark_regions(slice);
  ASSERT_EQ(boxes.size(), 1u);
  EXPECT_FALSE(boxes[0].ignore);
  EXPECT_NEAR(boxes[0].box.center_x(), 40.5, 1.5);
  EXPECT_NEAR(boxes[0].box.width(), 16, 4);
}

PhantomSourceOptions few_patients() {
  PhantomSourceOptions options;
  options.patients = 2;
  options.slices = 2;
  options.matrix = 48;
  options.in_liver = 1;
  return options;
}

TEST(PhantomSource, TheCacheGivesTheSameSlice) {
  TemporaryFolder folder;
  const auto fresh = make_phantom_source(few_patients(), 3, {}),
             kept = make_phantom_source(few_patients(), 3, folder.path());
  ASSERT_EQ(fresh->size(), 4u);
  EXPECT_EQ(fresh->group(1), "0");
  EXPECT_EQ(fresh->group(2), "1");
  const LearningSlice a = fresh->get(2), b = kept->get(2), c = kept->get(2);
  EXPECT_EQ(a.hu, b.hu);
  EXPECT_EQ(b.hu, c.hu);
  EXPECT_EQ(fresh->fingerprint(), kept->fingerprint());
  EXPECT_NE(fresh->fingerprint(), make_phantom_source(few_patients(), 4, {})->fingerprint());
}

TEST(PhantomSource, ContextAddsPlanesAndLeavesTheSlice) {
  PhantomSourceOptions options = few_patients();
  options.context_mm = 5;
  const LearningSlice with = make_phantom_source(options, 3, {})->get(2),
                      without = make_phantom_source(few_patients(), 3, {})->get(2);
  EXPECT_EQ(with.hu, without.hu);
  ASSERT_EQ(with.above.size(), with.hu.size());
  ASSERT_EQ(with.below.size(), with.hu.size());
  EXPECT_NE(with.above, with.hu);
  EXPECT_NE(with.above, with.below);
}

TEST(PhantomSource, LesionViewIsAboutItsLesion) {
  PhantomSourceOptions options = few_patients();
  options.view = "lesion";
  options.types = {"cyst", "hcc"};
  options.matrix = 96;
  options.field_low_mm = options.field_high_mm = 150;
  const auto source = make_phantom_source(options, 1, {});
  const LearningSlice slice = source->get(0);
  EXPECT_EQ(source->label(0), "cyst");
  EXPECT_EQ(source->label(2), "hcc");
  ASSERT_TRUE(slice.target);
  EXPECT_EQ(slice.label, "cyst");
  EXPECT_GT(std::count(slice.lesion.begin(), slice.lesion.end(), 1), 20);
}

TEST(PhantomSource, PhasesAreTheSamePlaneOfTheSamePatient) {
  PhantomSourceOptions options = few_patients();
  options.view = "lesion";
  options.types = {"hcc"};
  options.phases = {"arterial", "portal_venous", "arterial"};
  options.matrix = 96;
  options.field_low_mm = options.field_high_mm = 150;
  TemporaryFolder folder;
  const auto source = make_phantom_source(options, 1, folder.path());
  const auto planes = source->phases(1);
  ASSERT_EQ(planes.size(), 2u);
  EXPECT_EQ(planes[0].phase, Phase::arterial);
  EXPECT_EQ(planes[1].phase, Phase::portal_venous);
  for (const LearningSlice& plane : planes) {
    ASSERT_TRUE(plane.target);
    EXPECT_EQ(plane.label, "hcc");
    EXPECT_EQ(plane.spacing_mm, planes[0].spacing_mm);
    // The breath moves the lesion by some millimetres only.
    EXPECT_GT(intersection_over_union(*plane.target, *planes[0].target), 0.3);
  }
  EXPECT_NE(planes[0].hu, planes[1].hu);
  const auto again = source->phases(1);  // from the cache
  EXPECT_EQ(again[1].hu, planes[1].hu);
  EXPECT_EQ(again[1].lesion, planes[1].lesion);
  EXPECT_EQ(select_labels(make_phantom_source(options, 1, {}), {"hcc"})->phases(1)[0].hu, planes[0].hu);
}

TEST(Mixture, DrawsByShareAndInRounds) {
  Mixture mixture;
  PhantomSourceOptions options = few_patients();
  options.patients = 6;
  mixture.add("a", make_phantom_source(options, 1, {}), 3, {0.3, 0}, 1);
  mixture.add("b", make_phantom_source(options, 2, {}), 1, {0.3, 0}, 1);
  const auto items = mixture.draw(40, Rng(5));
  EXPECT_EQ(std::count_if(items.begin(), items.end(), [](const auto& item) { return item.source == 0; }), 30);
  EXPECT_EQ(items, mixture.draw(40, Rng(5)));
  EXPECT_NE(items, mixture.draw(40, Rng(6)));
}

}  // namespace
}  // namespace hepatica
