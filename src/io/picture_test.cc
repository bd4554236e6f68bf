#include <gtest/gtest.h>

#include "base/error.h"
#include "io/colour_picture.h"

namespace hepatica {
namespace {

/// Two rows of a BMP, from the bottom: the pixels' bytes (padded by the caller) after header and palette.
std::string bmp(int width, int height, int bits, const std::string& palette, const std::string& rows) {
  std::string bytes(54, '\0');
  const auto put = [&](size_t at, uint32_t value, size_t count) {
    for (size_t i = 0; i < count; ++i) bytes[at + i] = char(value >> (8 * i));
  };
  bytes[0] = 'B', bytes[1] = 'M';
  put(10, uint32_t(54 + palette.size()), 4);
  put(14, 40, 4);
  put(18, uint32_t(width), 4);
  put(22, uint32_t(height), 4);
  put(26, 1, 2);
  put(28, uint32_t(bits), 2);
  put(46, uint32_t(palette.size() / 4), 4);
  return bytes + palette + rows;
}

ErrorCode code_of(const std::function<void()>& action, std::string* text = nullptr) {
  try {
    action();
  } catch (const Error& error) {
    if (text) *text = error.what();
    return error.code();
  }
  return ErrorCode::internal;
}

class PictureTest : public testing::Test {
 protected:
  Picture read(const std::string& bytes) {
    write_file(folder_.path() / "p", bytes);
    return read_picture(folder_.path() / "p");
  }
  TemporaryFolder folder_;
};

TEST_F(PictureTest, ReadsBmpOf8And24And32BitsFromBottomAndFromTop) {
  const std::string palette("\x00\x00\x00\x00\x0a\x0a\x0a\x00\xff\xff\xff\x00", 12);
  const Picture indexed = read(bmp(3, 2, 8, palette, std::string("\x02\x01\x00\x00\x00\x00\x01\x00", 8)));
  EXPECT_EQ(indexed.width, 3);
  EXPECT_EQ(indexed.grey, (std::vector<uint8_t>{0, 0, 10, 255, 10, 0}));
  // Blue, green, red in that order: luma of BT.601 is .114 * 255 = 29, .587 * 255 = 150, .299 * 255 = 76.
  const std::string colours("\xff\x00\x00\x00\xff\x00\x00\x00\xff\x00\x00\x00", 12);
  EXPECT_EQ(read(bmp(3, 1, 24, "", colours)).grey, (std::vector<uint8_t>{29, 150, 76}));
  EXPECT_EQ(read(bmp(1, -3, 32, "", std::string("\x01\x01\x01\xff\x02\x02\x02\xff\x03\x03\x03\xff", 12))).grey,
            (std::vector<uint8_t>{1, 2, 3}));
}

TEST_F(PictureTest, RefusesBrokenBmp) {
  EXPECT_EQ(code_of([&] { read("BM"); }), ErrorCode::bad_format);
  EXPECT_EQ(code_of([&] { read(bmp(3, 2, 24, "", "abc")); }), ErrorCode::bad_format);
  EXPECT_EQ(code_of([&] { read(bmp(-3, 2, 24, "", std::string(24, 'a'))); }), ErrorCode::bad_format);
  EXPECT_EQ(code_of([&] { read(bmp(1 << 30, 1 << 30, 32, "", "")); }), ErrorCode::unsupported);
  EXPECT_EQ(code_of([&] { read(bmp(1, 1, 4, std::string(64, '\0'), "abcd")); }), ErrorCode::unsupported);
}

TEST_F(PictureTest, RoundTripsPngAndTakesLuma) {
  const std::vector<uint8_t> grey{0, 1, 128, 254, 255, 7};
  const std::string bytes = png_from_grey(3, 2, grey);
  EXPECT_EQ(bytes, png_from_grey(3, 2, grey));
  const Picture back = read(bytes);
  EXPECT_EQ(back.width, 3);
  EXPECT_EQ(back.height, 2);
  EXPECT_EQ(back.grey, grey);
  const std::vector<uint8_t> rgb{255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 9, 9};
  EXPECT_EQ(read(png_from_rgb(2, 2, rgb)).grey, (std::vector<uint8_t>{76, 150, 29, 9}));
}

TEST_F(PictureTest, ColourKeepsItsChannelsAndGreyIsThreeEqualOnes) {
  const auto colours_of = [&](const std::string& bytes) {
    write_file(folder_.path() / "c", bytes);
    return read_colour_picture(folder_.path() / "c").rgb;
  };
  const std::vector<uint8_t> rgb{255, 0, 10, 1, 2, 3}, grey{7, 200};
  EXPECT_EQ(colours_of(png_from_rgb(2, 1, rgb)), rgb);
  EXPECT_EQ(colours_of(png_from_grey(2, 1, grey)), (std::vector<uint8_t>{7, 7, 7, 200, 200, 200}));
  // A BMP holds blue, green, red, and pads rows to 4 bytes.
  EXPECT_EQ(colours_of(bmp(2, 1, 24, "", std::string("\x0a\x00\xff\x03\x02\x01\x00\x00", 8))), rgb);
  const std::string palette("\x0a\x00\xff\x00\x03\x02\x01\x00", 8);
  EXPECT_EQ(colours_of(bmp(2, 1, 8, palette, std::string("\x00\x01\x00\x00", 4))), rgb);
  EXPECT_EQ(grey_of({2, 1, {255, 0, 0, 9, 9, 9}}).grey, (std::vector<uint8_t>{76, 9}));
}

TEST_F(PictureTest, CutOffFilesAreErrors) {
  std::vector<uint8_t> grey(64 * 64);
  for (size_t i = 0; i < grey.size(); ++i) grey[i] = uint8_t(i * i >> 3);
  const std::string png = png_from_grey(64, 64, grey);
  for (const size_t length : {size_t(5), size_t(20), png.size() / 2, png.size() - 20})
    EXPECT_EQ(code_of([&] { read(png.substr(0, length)); }), ErrorCode::bad_format) << length;
  EXPECT_EQ(code_of([&] { read("\xff\xd8\xff\xe0 not a JPEG"); }), ErrorCode::bad_format);
  EXPECT_EQ(code_of([&] { read("GIF89a"); }), ErrorCode::bad_format);
  EXPECT_EQ(code_of([&] { read_picture(folder_.path() / "none"); }), ErrorCode::not_found);
}

TEST_F(PictureTest, StackIsInNaturalOrderFootFirstAndInHounsfield) {
  for (int n = 0; n < 12; ++n)
    write_file(folder_.path() / (std::to_string(n) + ".png"),
               png_from_grey(2, 1, std::vector<uint8_t>{uint8_t(n * 20), 255}));
  write_file(folder_.path() / "notes.txt", "x");
  const PictureStackOptions options{40, 350, 0.7, 2.5, true};
  const Volume<int16_t> volume = read_picture_stack(folder_.path(), options);
  EXPECT_EQ(volume.geometry().size, (std::array<int64_t, 3>{2, 1, 12}));
  EXPECT_EQ(volume.geometry().spacing, (Vec3{0.7, 0.7, 2.5}));
  EXPECT_EQ(volume.at(0, 0, 11), -135);  // 0.png: 40 - 350 / 2
  EXPECT_EQ(volume.at(1, 0, 11), 215);   // 255: 40 + 350 / 2
  EXPECT_EQ(volume.at(0, 0, 1), 140);    // 10.png: 40 + (200 / 255 - .5) * 350 = 139.5
  EXPECT_EQ(read_picture_stack_geometry(list_pictures(folder_.path()), options), volume.geometry());
  EXPECT_EQ(read_picture_stack(folder_.path(), {40, 350, 0.7, 2.5, false}).at(0, 0, 0), -135);
}

TEST_F(PictureTest, StackRefusesMixedSizesByNameAndEmptyFolders) {
  EXPECT_EQ(code_of([&] { read_picture_stack(folder_.path(), {}); }), ErrorCode::no_images);
  write_file(folder_.path() / "1.png", png_from_grey(2, 1, std::vector<uint8_t>{1, 2}));
  write_file(folder_.path() / "2.png", png_from_grey(1, 1, std::vector<uint8_t>{1}));
  std::string text;
  EXPECT_EQ(code_of([&] { read_picture_stack(folder_.path(), {}); }, &text), ErrorCode::bad_geometry);
  EXPECT_NE(text.find("1.png"), std::string::npos);
  EXPECT_NE(text.find("2.png"), std::string::npos);
  EXPECT_EQ(code_of([&] { read_picture_stack(folder_.path(), {.width = 0}); }), ErrorCode::usage);
}

// Mean grey of 0.jpg as PIL 9.4 decodes it (convert "L").
TEST_F(PictureTest, ReadsRealJpegStack) {
  const fs::path data = test_data_folder();
  if (data.empty()) GTEST_SKIP() << "no test data folder";
  const fs::path folder = data / "lilnet_web_stacks" / "case_1";
  const std::vector<fs::path> files = list_pictures(folder);
  EXPECT_EQ(files.size(), 59u);
  EXPECT_EQ(files[10].filename(), "10.jpg");
  const Picture picture = read_picture(files[0]);
  EXPECT_EQ(picture.width, 512);
  double sum = 0;
  for (const uint8_t grey : picture.grey) sum += grey;
  EXPECT_NEAR(sum / double(picture.grey.size()), 32.752, 0.05);
  const std::string bytes = read_file(files[0]);
  EXPECT_EQ(code_of([&] { read(bytes.substr(0, bytes.size() / 2)); }), ErrorCode::bad_format);
}

}  // namespace
}  // namespace hepatica
