#include "dataset/yolo_folder.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cmath>
#include <sstream>

#include "base/error.h"
#include "io/picture.h"

namespace hepatica {
namespace {

bool is_yaml_name(const fs::path& path) { return path.extension() == ".yaml" || path.extension() == ".yml"; }

/// Folders or lists of pictures with the split that they stand for.
struct Part {
  fs::path place;
  std::string split;
};

struct Layout {
  std::vector<Part> parts;
  std::vector<std::string> names;  ///< of the classes; empty: not said
};

/// A sequence, a mapping by number, or a sequence that holds such a mapping (as LiLNet's file has it).
std::vector<std::string> names_from(const YAML::Node& node) {
  std::vector<std::string> names;
  for (const auto& item : node) {
    const YAML::Node value = node.IsMap() ? item.second : item;
    if (value.IsMap())
      for (const auto& inner : value) names.push_back(inner.second.as<std::string>());
    else
      names.push_back(value.as<std::string>());
  }
  return names;
}

Layout layout_from_yaml(const fs::path& file) try {
  const YAML::Node node = YAML::LoadFile(file.string());
  if (!node.IsMap())
    throw Error(ErrorCode::bad_manifest, fmt::format("{}: a data yaml is a mapping of keys", file.string()));
  Layout layout;
  const fs::path base = file.parent_path() / (node["path"] ? node["path"].as<std::string>() : "");
  for (const auto& [key, split] : {std::pair{"train", "train"}, {"val", "validation"}, {"test", "test"}}) {
    const YAML::Node value = node[key];
    if (!value || value.IsNull()) continue;
    if (value.IsSequence())
      for (const auto& item : value) layout.parts.push_back({base / item.as<std::string>(), split});
    else
      layout.parts.push_back({base / value.as<std::string>(), split});
  }
  if (node["names"]) layout.names = names_from(node["names"]);
  if (node["nc"] && !layout.names.empty() && node["nc"].as<size_t>() != layout.names.size())
    throw Error(
        ErrorCode::bad_manifest,
        fmt::format(
            "{}: nc is {}, but there are {} names", file.string(), node["nc"].as<size_t>(), layout.names.size()));
  if (layout.parts.empty())
    throw Error(ErrorCode::bad_manifest, fmt::format("{}: the key 'train' is missing, or it is empty", file.string()));
  return layout;
} catch (const YAML::Exception& problem) {
  throw Error(ErrorCode::bad_manifest, fmt::format("{}:{}: {}", file.string(), problem.mark.line + 1, problem.msg));
}

Layout layout_from_folder(const fs::path& folder) {
  Layout layout;
  const fs::path images = folder / "images";
  for (const auto& [name, split] : {std::pair{"train", "train"}, {"val", "validation"}, {"test", "test"}})
    if (fs::is_directory(images / name)) layout.parts.push_back({images / name, split});
  if (layout.parts.empty()) layout.parts.push_back({images, ""});
  return layout;
}

/// Pictures of a folder and those in it, or of a list with one path a line.
std::vector<fs::path> pictures_of(const fs::path& place, DataFaults& faults) {
  std::vector<fs::path> pictures;
  if (fs::is_directory(place)) {
    for (const auto& entry : fs::recursive_directory_iterator(place))
      if (entry.is_regular_file() && is_picture_name(entry.path())) pictures.push_back(entry.path());
  } else if (place.extension() == ".txt" && fs::is_regular_file(place)) {
    std::istringstream lines(read_file(place));
    int number = 0;
    for (std::string line; std::getline(lines, line);) {
      ++number;
      while (!line.empty() && std::isspace(static_cast<unsigned char>(line.back()))) line.pop_back();
      if (line.empty()) continue;
      pictures.push_back(place.parent_path() / line);
      if (fs::is_regular_file(pictures.back())) continue;
      faults.add(fmt::format("{}, line {}", place.filename().string(), number), fmt::format("'{}' is no file", line));
      pictures.pop_back();
    }
  } else {
    faults.add(place.string(), "is neither a folder of pictures nor a .txt list of them");
  }
  std::sort(pictures.begin(), pictures.end(), [](const fs::path& a, const fs::path& b) {
    return natural_less(a.string(), b.string());
  });
  return pictures;
}

/// .../images/... becomes .../labels/....txt, the last "images" of the path.
fs::path label_file_of(const fs::path& picture) {
  std::vector<fs::path> parts(picture.begin(), picture.end());
  for (size_t n = parts.size(); n-- > 0;) {
    if (parts[n] != "images") continue;
    parts[n] = "labels";
    break;
  }
  fs::path made;
  for (const fs::path& part : parts) made /= part;
  return made.replace_extension(".txt");
}

class LabelReader {
 public:
  LabelReader(const std::vector<std::string>& names, DataFaults& faults) : names_(names), faults_(faults) {}

  std::vector<LesionBox> read(const fs::path& file, int64_t width, int64_t height) {
    std::vector<LesionBox> boxes;
    std::istringstream lines(read_file(file));
    int number = 0;
    for (std::string line; std::getline(lines, line);) {
      place_ = fmt::format("labels/{}, line {}", file.filename().string(), ++number);
      if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
      if (const auto box = read_line(line, double(width), double(height))) boxes.push_back(*box);
    }
    return boxes;
  }

 private:
  std::optional<LesionBox> read_line(const std::string& line, double width, double height) {
    std::istringstream in(line);
    std::vector<double> values;
    for (double value = 0; in >> value;) values.push_back(value);
    if (values.size() != 5 || !in.eof()) return fail("is not 'class xc yc w h' (polygons are not taken)");
    const double xc = values[1], yc = values[2], w = values[3], h = values[4];
    constexpr double kRounding = 1e-3;  // of what other programs write
    if (!(w > 0 && h > 0) || std::min(xc - w / 2, yc - h / 2) < -kRounding ||
        std::max(xc + w / 2, yc + h / 2) > 1 + kRounding)
      return fail(fmt::format("the box {} {} {} {} is not within the image (fractions of 0 to 1)", xc, yc, w, h));
    const auto name = class_name(values[0]);
    if (!name) return std::nullopt;
    const Box2 box{std::max(0.0, (xc - w / 2) * width),
                   std::max(0.0, (yc - h / 2) * height),
                   std::min(width, (xc + w / 2) * width),
                   std::min(height, (yc + h / 2) * height)};
    return LesionBox{box, *name, false};
  }

  std::optional<std::string> class_name(double value) {
    const bool whole = value >= 0 && value < 1000 && value == std::floor(value);
    if (whole && names_.empty()) return value == 0 ? "lesion" : fmt::format("{}", int(value));
    if (whole && size_t(value) < names_.size()) return names_[size_t(value)];
    fail(fmt::format("the class {} is none of the {} names", value, names_.size()));
    return std::nullopt;
  }

  std::nullopt_t fail(const std::string& text) {
    faults_.add(place_, text);
    return std::nullopt;
  }

  const std::vector<std::string>& names_;
  DataFaults& faults_;
  std::string place_;
};

}  // namespace

bool is_yolo_data(const fs::path& path) {
  if (fs::is_directory(path)) return fs::is_directory(path / "images") && fs::is_directory(path / "labels");
  return fs::is_regular_file(path) && is_yaml_name(path);
}

std::vector<DataRow> read_yolo_data(const fs::path& path, const DataOptions& options, DataFaults& faults) {
  const fs::path absolute = fs::absolute(path);
  const Layout layout = is_yaml_name(path) ? layout_from_yaml(absolute) : layout_from_folder(absolute);
  LabelReader reader(layout.names, faults);
  std::vector<DataRow> rows;
  for (const Part& part : layout.parts) {
    for (const fs::path& picture : pictures_of(part.place, faults)) {
      DataRow row;
      row.place = picture.filename().string();
      row.path = picture;
      row.split = part.split;
      row.complete = true;
      try {
        row.patient = patient_of(picture.stem().string(), options.patient_pattern);
        const Picture image = read_picture(picture);
        const fs::path labels = label_file_of(picture);
        if (fs::is_regular_file(labels)) row.boxes = reader.read(labels, image.width, image.height);
      } catch (const Error& error) {
        faults.add(row.place, error.what());
        continue;
      }
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

}  // namespace hepatica
