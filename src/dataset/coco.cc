#include "dataset/coco.h"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "dataset/manifest.h"

namespace hepatica {
namespace {

using nlohmann::json;

/// Text or number under the first key that is there.
std::string text_of(const json& object, const std::vector<std::string>& keys) {
  for (const std::string& key : keys) {
    const auto found = object.find(key);
    if (found == object.end() || found->is_null()) continue;
    return found->is_string() ? found->get<std::string>() : found->dump();
  }
  return "";
}

class CocoReader {
 public:
  CocoReader(const fs::path& file, const DataOptions& options, DataFaults& faults)
      : folder_(fs::absolute(file).parent_path()), options_(options), faults_(faults) {}

  std::vector<DataRow> read(const json& document) {
    for (const json& category : document["categories"])
      if (category.is_object()) categories_[text_of(category, {"id"})] = text_of(category, {"name"});
    for (const json& image : document["images"]) read_image(image);
    for (const json& annotation : document["annotations"]) read_annotation(annotation);
    return std::move(rows_);
  }

 private:
  void read_image(const json& image) {
    const std::string id = image.is_object() ? text_of(image, {"id"}) : "";
    DataRow row;
    row.place = fmt::format("image {}", id);
    row.complete = true;
    const std::string name = image.is_object() ? text_of(image, {"file_name"}) : "";
    if (id.empty() || name.empty() || index_.count(id))
      return faults_.add(row.place, "an image needs an `id` of its own and a `file_name`");
    row.path = folder_ / name;
    if (!fs::is_regular_file(row.path)) row.path = folder_ / "images" / name;
    if (!fs::is_regular_file(row.path)) faults_.add(row.place, fmt::format("'{}' is no file here or in images/", name));
    row.patient = text_of(image, {"patient", "patient_id"});
    if (row.patient.empty()) try {
        row.patient = patient_of(fs::path(name).stem().string(), options_.patient_pattern);
      } catch (const Error& error) {
        faults_.add(row.place, fmt::format("{}: {}", name, error.what()));
      }
    const std::string phase = text_of(image, {"phase"}), split = text_of(image, {"split"}),
                      date = text_of(image, {"date"});
    row.phase = phase_from_name(phase).value_or(Phase::unknown);
    if (!phase.empty() && !phase_from_name(phase)) faults_.add(row.place, fmt::format("unknown phase '{}'", phase));
    if (!split.empty()) row.split = split_from(split, row.place, faults_);
    if (!date.empty()) row.date = date_from(date, row.place, faults_);
    row.centre = text_of(image, {"centre", "center"});
    index_[id] = rows_.size();
    rows_.push_back(std::move(row));
  }

  void read_annotation(const json& annotation) {
    const std::string place = fmt::format("annotation {}", annotation.is_object() ? text_of(annotation, {"id"}) : "");
    const auto image = index_.find(annotation.is_object() ? text_of(annotation, {"image_id"}) : "");
    if (image == index_.end()) return faults_.add(place, "its `image_id` is none of the images");
    const auto category = categories_.find(text_of(annotation, {"category_id"}));
    if (category == categories_.end()) return faults_.add(place, "its `category_id` is none of the categories");
    const json box = annotation.value("bbox", json());
    const bool numbers = box.is_array() && box.size() == 4 &&
                         std::all_of(box.begin(), box.end(), [](const json& value) { return value.is_number(); });
    if (!numbers || box[2].get<double>() <= 0 || box[3].get<double>() <= 0)
      return faults_.add(place, "its `bbox` is not x, y, width, height with width and height above 0");
    const double x = box[0], y = box[1];
    const bool crowd = annotation.contains("iscrowd") && annotation["iscrowd"] != 0;
    rows_[image->second].boxes.push_back(
        {{x, y, x + box[2].get<double>(), y + box[3].get<double>()}, category->second, crowd});
  }

  fs::path folder_;
  const DataOptions& options_;
  DataFaults& faults_;
  std::map<std::string, std::string> categories_;
  std::map<std::string, size_t> index_;
  std::vector<DataRow> rows_;
};

}  // namespace

std::vector<DataRow> read_coco(const fs::path& path, const DataOptions& options, DataFaults& faults) {
  const json document = json::parse(read_file(path), nullptr, false);
  if (document.is_discarded()) throw Error(ErrorCode::bad_format, fmt::format("{} is no JSON", path.string()));
  for (const char* key : {"images", "annotations", "categories"})
    if (!document.is_object() || !document.contains(key) || !document[key].is_array())
      throw Error(ErrorCode::bad_manifest,
                  fmt::format("{}: no COCO file: the list `{}` is missing", path.string(), key));
  return CocoReader(path, options, faults).read(document);
}

}  // namespace hepatica
