#include "dataset/slice_folder.h"

#include <algorithm>

#include "base/error.h"
#include "base/threads.h"
#include "dataset/dark_regions.h"
#include "io/picture.h"

namespace hepatica {
namespace {

/// The number before the last underscore of "flipped_10012_87", or -1.
int64_t volume_of(const std::string& stem) {
  const size_t last = stem.rfind('_');
  if (last == std::string::npos || last == 0) return -1;
  const size_t before = stem.rfind('_', last - 1);
  const std::string number =
      stem.substr(before == std::string::npos ? 0 : before + 1, last - (before == std::string::npos ? 0 : before + 1));
  if (number.empty() || number.find_first_not_of("0123456789") != std::string::npos || number.size() > 15) return -1;
  return std::stoll(number);
}

bool in_ranges(int64_t volume, const std::vector<int64_t>& ranges) {
  for (size_t i = 0; i + 1 < ranges.size(); i += 2) {
    if (volume >= ranges[i] && volume <= ranges[i + 1]) return true;
  }
  return false;
}

class SliceFolder : public SliceSource {
 public:
  SliceFolder(const fs::path& folder, const SliceFolderOptions& options) : options_(options) {
    std::vector<std::string> faults;
    collect(folder, faults);
    slices_.resize(files_.size());
    std::vector<std::string> broken(files_.size());
    parallel_for(files_.size(), [&](size_t i) { broken[i] = read(folder, i); });
    for (const std::string& fault : broken) {
      if (!fault.empty()) faults.push_back(fault);
    }
    if (!faults.empty()) {
      std::string text = folder.string() + ": " + std::to_string(faults.size()) + " unusable pictures:";
      for (size_t i = 0; i < std::min<size_t>(10, faults.size()); ++i) text += "\n  " + faults[i];
      throw Error(ErrorCode::bad_manifest, text);
    }
    if (files_.empty()) throw Error(ErrorCode::no_images, folder.string() + ": no slices in images/");
  }

  size_t size() const override { return slices_.size(); }
  std::string group(size_t index) const override { return std::to_string(volumes_[index]); }
  LearningSlice get(size_t index) const override { return slices_[index]; }
  std::string fingerprint() const override {
    std::string all;
    for (size_t i = 0; i < files_.size(); ++i) all += files_[i] + hashes_[i];
    return sha256(all);
  }

 private:
  void collect(const fs::path& folder, std::vector<std::string>& faults) {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder / "images")) {
      if (is_picture_name(entry.path())) names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end(), natural_less);
    for (const std::string& name : names) {
      const int64_t volume = volume_of(fs::path(name).stem().string());
      if (volume < 0) {
        faults.push_back("images/" + name + ": the name is not <prefix>_<volume>_<slice>");
        continue;
      }
      if (in_ranges(volume, options_.exclude)) continue;
      if (!options_.only.empty() && !in_ranges(volume, options_.only)) continue;
      files_.push_back(name);
      volumes_.push_back(volume);
    }
    hashes_.resize(files_.size());
  }

  /// Empty, or what is wrong.
  std::string read(const fs::path& folder, size_t i) {
    const fs::path image_path = folder / "images" / files_[i], mask_path = folder / "masks" / files_[i];
    if (!fs::exists(mask_path)) return "masks/" + files_[i] + " is missing";
    try {
      hashes_[i] = sha256_of_file(image_path) + sha256_of_file(mask_path);
      fill(slices_[i], read_picture(image_path), read_picture(mask_path));
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }

  void fill(LearningSlice& slice, const Picture& image, const Picture& mask) const {
    if (mask.width != image.width || mask.height != image.height)
      throw Error(ErrorCode::bad_manifest, "the mask's size is not that of the image");
    slice.width = image.width;
    slice.height = image.height;
    slice.spacing_mm = options_.spacing_mm;
    slice.phase = Phase::portal_venous;
    const double step = (options_.high_hu - options_.low_hu) / 255.0;
    for (const uint8_t grey : image.grey) slice.hu.push_back(float(options_.low_hu + step * grey));
    for (const uint8_t grey : mask.grey) slice.liver.push_back(grey > 127);
    for (int turn = 0; turn < options_.quarter_turns; ++turn) {
      slice.hu = turned_left(slice.hu, slice.width, slice.height);
      slice.liver = turned_left(slice.liver, slice.width, slice.height);
      std::swap(slice.width, slice.height);
    }
    slice.liver_hu = median_liver_hu(slice);
    if (options_.dark_regions) slice.lesions = dark_regions(slice);
  }

  SliceFolderOptions options_;
  std::vector<std::string> files_, hashes_;
  std::vector<int64_t> volumes_;
  std::vector<LearningSlice> slices_;
};

std::vector<int64_t> ranges(OptionReader& reader, const std::string& key) {
  std::vector<int64_t> all;
  for (const double value : reader.numbers(key, {}, 0, 1e15)) all.push_back(int64_t(value));
  if (all.size() % 2)
    throw Error(ErrorCode::bad_recipe, "'" + key + "' needs pairs: first and last volume of each range");
  return all;
}

}  // namespace

SliceFolderOptions slice_folder_options(OptionReader& reader) {
  SliceFolderOptions options;
  options.low_hu = reader.number("low_hu", options.low_hu, -2048, 4095);
  options.high_hu = reader.number("high_hu", options.high_hu, options.low_hu + 1, 4095);
  options.quarter_turns = int(reader.integer("quarter_turns", options.quarter_turns, 0, 3));
  options.spacing_mm = reader.number("spacing_mm", options.spacing_mm, 0.2, 10);
  options.dark_regions = reader.boolean("dark_regions", options.dark_regions);
  options.exclude = ranges(reader, "exclude");
  options.only = ranges(reader, "only");
  return options;
}

bool is_slice_folder(const fs::path& folder) {
  return fs::is_directory(folder / "images") && fs::is_directory(folder / "masks");
}

std::unique_ptr<SliceSource> open_slice_folder(const fs::path& folder, const SliceFolderOptions& options) {
  return std::make_unique<SliceFolder>(folder, options);
}

}  // namespace hepatica
