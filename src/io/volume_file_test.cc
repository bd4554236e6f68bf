#include "io/volume_file.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>

#include "base/error.h"
#include "image/orient.h"
#include "io/gzip.h"
#include "io/nifti.h"

namespace hepatica {
namespace {

/// 3 x 4 x 2 voxels on an oblique, left-handed grid: turned by 30 degrees about x, k running to the feet.
Geometry oblique() {
  const double c = std::cos(M_PI / 6), s = std::sin(M_PI / 6);
  Geometry g;
  g.size = {3, 4, 2};
  g.spacing = {0.5, 0.75, 2.5};
  g.origin = {-10, 20.5, 300};
  g.direction = {{{1, 0, 0}, {0, c, s}, {0, s, -c}}};
  return g;
}

Volume<int16_t> numbered(const Geometry& geometry) {
  Volume<int16_t> volume(geometry);
  std::iota(volume.values().begin(), volume.values().end(), int16_t(-12));
  return volume;
}

template <class T>
bool equal_values(const Volume<T>& a, const Volume<T>& b) {
  return std::equal(a.values().begin(), a.values().end(), b.values().begin(), b.values().end());
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

template <class T>
void poke(std::string& bytes, size_t position, T value) {
  std::memcpy(bytes.data() + position, &value, sizeof(T));
}

TEST(VolumeFile, RoundTripsOnAnObliqueLeftHandedGridInEveryFormat) {
  const TemporaryFolder folder;
  const Volume<int16_t> volume = numbered(oblique());
  for (const char* name : {"a.nii", "a.nii.gz", "a.nrrd", "a.mha"}) {
    const fs::path path = folder.path() / name;
    write_volume(path, volume);
    const Volume<int16_t> back = read_volume(path);
    EXPECT_TRUE(same_grid(back.geometry(), volume.geometry(), 1e-4)) << name;
    EXPECT_TRUE(equal_values(back, volume)) << name;
    EXPECT_TRUE(same_grid(read_geometry(path), volume.geometry(), 1e-4)) << name;
    const std::string bytes = read_file(path);
    write_volume(path, volume);
    EXPECT_EQ(read_file(path), bytes) << name << " is not the same twice";
  }
}

TEST(VolumeFile, RoundTripsMasksAndFloats) {
  const TemporaryFolder folder;
  Mask mask(oblique());
  mask.at(1, 2, 1) = 255;
  Volume<float> field(oblique(), 1.4f);
  field.at(0, 0, 0) = -2.6f;
  for (const char* name : {"m.nii.gz", "m.nrrd", "m.mha"}) {
    write_mask(folder.path() / name, mask);
    EXPECT_TRUE(equal_values(read_mask(folder.path() / name), mask)) << name;
    write_volume(folder.path() / name, field);
    const Volume<int16_t> rounded = read_volume(folder.path() / name);
    EXPECT_EQ(rounded.at(0, 0, 0), -3) << name;
    EXPECT_EQ(rounded.at(1, 0, 0), 1) << name;
  }
}

// A NIfTI affine of diag(2, 3, 4) with translation (5, 6, 7) in RAS is, in LPS, x and y negated: by hand.
TEST(VolumeFile, NiftiSformIsTurnedFromRasToLps) {
  const TemporaryFolder folder;
  Geometry g;
  g.size = {2, 2, 2};
  std::string bytes = nifti_bytes(g, StoredType::int16, std::string(16, '\0'));
  const float rows[12] = {2, 0, 0, 5, 0, 3, 0, 6, 0, 0, 4, 7};
  std::memcpy(bytes.data() + 280, rows, sizeof rows);
  write_file(folder.path() / "a.nii", bytes);
  const Geometry read = read_geometry(folder.path() / "a.nii");
  EXPECT_EQ(read.spacing, (Vec3{2, 3, 4}));
  EXPECT_EQ(read.origin, (Vec3{-5, -6, 7}));
  EXPECT_EQ(world_from_index(read, {1, 1, 1}), (Vec3{-7, -9, 11}));
}

TEST(VolumeFile, NiftiQformServesWithoutSformAndUnitsCount) {
  const TemporaryFolder folder;
  std::string bytes = nifti_bytes(oblique(), StoredType::int16, std::string(48, '\0'));
  poke<int16_t>(bytes, 254, 0);
  write_file(folder.path() / "q.nii", bytes);
  EXPECT_TRUE(same_grid(read_geometry(folder.path() / "q.nii"), oblique(), 1e-4));
  poke<char>(bytes, 123, 1);  // metres
  write_file(folder.path() / "m.nii", bytes);
  EXPECT_NEAR(read_geometry(folder.path() / "m.nii").spacing[1], 750, 1e-3);
  poke<int16_t>(bytes, 252, 0);
  poke<char>(bytes, 123, 2);
  write_file(folder.path() / "n.nii", bytes);
  EXPECT_EQ(read_geometry(folder.path() / "n.nii").spacing, oblique().spacing);
}

TEST(VolumeFile, NiftiSlopeTypesAndByteOrderAreApplied) {
  const TemporaryFolder folder;
  Geometry g;
  g.size = {2, 1, 1};
  std::string bytes = nifti_bytes(g, StoredType::int16, std::string("\x0a\x00\x14\x00", 4));  // 10, 20
  poke<float>(bytes, 112, 2.5f);
  poke<float>(bytes, 116, -1024);
  write_file(folder.path() / "s.nii", bytes);
  EXPECT_EQ(read_volume(folder.path() / "s.nii").at(0, 0, 0), -999);  // 10 * 2.5 - 1024
  EXPECT_EQ(read_volume(folder.path() / "s.nii").at(1, 0, 0), -974);
  // The same file in big-endian order: every number of the header and the voxels reversed.
  std::string big = bytes;
  const auto reverse = [&](size_t at, size_t size, size_t count) {
    for (size_t n = 0; n < count; ++n)
      std::reverse(big.begin() + ptrdiff_t(at + n * size), big.begin() + ptrdiff_t(at + (n + 1) * size));
  };
  reverse(0, 4, 1);
  reverse(40, 2, 8);
  reverse(70, 2, 2);
  reverse(76, 4, 8);
  reverse(108, 4, 3);
  reverse(252, 2, 2);
  reverse(256, 4, 18);
  reverse(352, 2, 2);
  write_file(folder.path() / "b.nii", big);
  EXPECT_EQ(read_volume(folder.path() / "b.nii").at(1, 0, 0), -974);
  EXPECT_EQ(read_geometry(folder.path() / "b.nii"), g);
}

TEST(VolumeFile, RefusesWhatIsNoPlainVolumeWithTheReason) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "x.nii";
  const std::string good = nifti_bytes(oblique(), StoredType::int16, std::string(48, '\0'));
  const auto code_with = [&](const std::function<void(std::string&)>& spoil, std::string* text = nullptr) {
    std::string bytes = good;
    spoil(bytes);
    write_file(path, bytes);
    return code_of([&] { read_volume(path); }, text);
  };
  EXPECT_EQ(code_with([](std::string& b) { poke<int16_t>(b, 70, 128); }), ErrorCode::unsupported);  // RGB
  EXPECT_EQ(code_with([](std::string& b) { poke<int16_t>(b, 70, 32); }), ErrorCode::unsupported);   // complex
  EXPECT_EQ(code_with([](std::string& b) {
              poke<int16_t>(b, 40, 4);
              poke<int16_t>(b, 48, 5);
            }),
            ErrorCode::unsupported);                                                                 // 4-D
  EXPECT_EQ(code_with([](std::string& b) { poke<float>(b, 284, 0.2f); }), ErrorCode::bad_geometry);  // shear
  EXPECT_EQ(code_with([](std::string& b) { poke<int16_t>(b, 42, -3); }), ErrorCode::bad_geometry);
  EXPECT_EQ(code_with([](std::string& b) { b.resize(380); }), ErrorCode::bad_format);
  EXPECT_EQ(code_with([](std::string& b) { b = "hello"; }), ErrorCode::bad_format);
  EXPECT_EQ(code_of([&] { read_volume(folder.path() / "none.nii"); }), ErrorCode::not_found);
  EXPECT_EQ(code_of([&] { read_volume(folder.path()); }), ErrorCode::not_found);
  std::string text;
  Volume<float> field(oblique());
  field.at(0, 1, 0) = std::numeric_limits<float>::quiet_NaN();
  field.at(1, 1, 0) = std::numeric_limits<float>::infinity();
  write_volume(path, field);
  EXPECT_EQ(code_of([&] { read_volume(path); }, &text), ErrorCode::bad_values);
  EXPECT_NE(text.find("2 of 24 voxels"), std::string::npos) << text;
  EXPECT_EQ(code_of([&] { read_mask(path); }), ErrorCode::bad_values);
}

TEST(VolumeFile, CutOffOrForeignFilesOfEveryFormatAreErrors) {
  const TemporaryFolder folder;
  const Volume<int16_t> volume = numbered(oblique());
  for (const char* name : {"a.nii", "a.nii.gz", "a.nrrd", "a.mha"}) {
    const fs::path path = folder.path() / name;
    write_volume(path, volume);
    const std::string bytes = read_file(path);
    write_file(path, bytes.substr(0, bytes.size() - 20));
    EXPECT_EQ(code_of([&] { read_volume(path); }), ErrorCode::bad_format) << name;
    write_file(path, "not a volume at all");
    EXPECT_EQ(code_of([&] { read_volume(path); }), ErrorCode::bad_format) << name;
  }
  EXPECT_EQ(code_of([&] { write_volume(folder.path() / "a.bin", volume); }), ErrorCode::unsupported);
  EXPECT_EQ(code_of([&] { write_volume("/proc/no/such.nii", volume); }), ErrorCode::write_failed);
}

TEST(Gzip, ReadsSeveralMembersAndFindsCorruption) {
  const std::string a = gzip(std::string(300000, 'x'), 1), b = gzip("tail", 9);
  EXPECT_EQ(gunzip(a + b, "two"), std::string(300000, 'x') + "tail");
  EXPECT_EQ(gunzip(a, "start", 5), "xxxxx");
  std::string broken = a;
  broken[broken.size() - 5] = char(broken[broken.size() - 5] ^ 1);  // the checksum
  EXPECT_EQ(code_of([&] { gunzip(broken, "broken"); }), ErrorCode::bad_format);
  EXPECT_EQ(gunzip(gzip("", 6), "empty"), "");
  std::string large(9'000'000, '\0');  // three blocks
  for (size_t i = 0; i < large.size(); ++i) large[i] = char(i * i >> 7);
  EXPECT_EQ(gunzip(gzip(large, 1), "large"), large);
}

// SimpleITK's way of writing: a header file beside zlib-compressed voxels, here of big-endian int32.
TEST(VolumeFile, ReadsMhdWithCompressedVoxelsBeside) {
  const TemporaryFolder folder;
  write_file(folder.path() / "a.mhd",
             "ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = True\nCompressedData = True\n"
             "TransformMatrix = 0 1 0 -1 0 0 0 0 1\nOffset = 1 2 3\nElementSpacing = 0.5 0.5 4\nDimSize = 2 1 1\n"
             "ElementType = MET_INT\nElementDataFile = a.zraw\n");
  write_file(folder.path() / "a.zraw", gzip(std::string("\x00\x00\x01\x02\xff\xff\xff\xfe", 8), 6));
  const Volume<int16_t> volume = read_volume(folder.path() / "a.mhd");
  EXPECT_EQ(volume.at(0, 0, 0), 258);
  EXPECT_EQ(volume.at(1, 0, 0), -2);
  EXPECT_EQ(world_from_index(volume.geometry(), {1, 0, 0}), (Vec3{1, 2.5, 3}));  // i runs along +y
  write_file(folder.path() / "a.zraw", gzip("abc", 6));
  EXPECT_EQ(code_of([&] { read_volume(folder.path() / "a.mhd"); }), ErrorCode::bad_format);
}

// Expected numbers from the affines that nibabel 4 prints for these files.
TEST(VolumeFile, ReadsRealFilesOnTheirOwnAxes) {
  const fs::path data = test_data_folder();
  if (data.empty()) GTEST_SKIP() << "no test data folder";
  const Geometry pitch = read_geometry(data / "nifti_edge" / "CT_pitch.nii.gz");
  EXPECT_EQ(pitch.size, (std::array<int64_t, 3>{175, 248, 58}));
  EXPECT_NEAR(pitch.origin[0], 69.0208, 1e-3);
  EXPECT_NEAR(pitch.origin[1], 134.3856, 1e-3);
  EXPECT_NEAR(pitch.origin[2], -13.5688, 1e-3);
  EXPECT_NEAR(pitch.spacing[2], std::hypot(0.6808, 2.2983), 1e-3);
  EXPECT_NEAR(pitch.direction[1][1], -0.779 / 0.8125, 1e-3);
  const Volume<int16_t> ct = read_volume(data / "totalseg_example" / "example_ct.nii.gz");
  EXPECT_EQ(ct.geometry().size, (std::array<int64_t, 3>{122, 101, 112}));
  EXPECT_NEAR(ct.geometry().origin[0], 177.9563, 1e-3);
  EXPECT_NEAR(ct.geometry().origin[1], -11.319, 1e-3);
  EXPECT_EQ(ct.geometry().direction[0][0], -1);
  const Volume<int16_t> axial = to_axial(ct);
  EXPECT_EQ(axial.geometry().direction, Geometry{}.direction);
  EXPECT_EQ(axial.at(121, 100, 0), ct.at(0, 0, 0));
  EXPECT_TRUE(equal_values(restore_orientation(axial, ct.geometry()), ct));
}

}  // namespace
}  // namespace hepatica
