#include "dataset/slice_cache.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace hepatica {
namespace {

nlohmann::json json_of(const Box2& box) { return {box.x0, box.y0, box.x1, box.y1}; }

void append_plane(std::string& bytes, const std::vector<float>& plane) {
  std::vector<int16_t> hu(plane.size());
  std::transform(plane.begin(), plane.end(), hu.begin(), [](float value) {
    return int16_t(std::lround(std::clamp(value, -32768.0f, 32767.0f)));
  });
  bytes.append(reinterpret_cast<const char*>(hu.data()), hu.size() * sizeof(int16_t));
}

std::vector<float> plane_at(const char* bytes, size_t pixels) {
  std::vector<int16_t> hu(pixels);
  std::memcpy(hu.data(), bytes, pixels * sizeof(int16_t));
  return {hu.begin(), hu.end()};
}

Box2 box_of(const nlohmann::json& json) { return {json.at(0), json.at(1), json.at(2), json.at(3)}; }

}  // namespace

std::string bytes_of_slice(const LearningSlice& slice) {
  nlohmann::json head{{"width", slice.width},
                      {"height", slice.height},
                      {"spacing_mm", slice.spacing_mm},
                      {"phase", name_of(slice.phase)},
                      {"label", slice.label},
                      {"liver", !slice.liver.empty()},
                      {"context", !slice.above.empty()},
                      {"lesion", !slice.lesion.empty()},
                      {"lesions", nlohmann::json::array()}};
  for (const LesionBox& lesion : slice.lesions)
    head["lesions"].push_back({{"box", json_of(lesion.box)}, {"type", lesion.type}, {"ignore", lesion.ignore}});
  if (!slice.lesion.empty()) head["lesion"] = true;
  if (slice.liver_hu) head["liver_hu"] = *slice.liver_hu;
  if (slice.target) head["target"] = json_of(*slice.target);
  std::string bytes = head.dump() + "\n";
  for (const std::vector<float>* plane : {&slice.hu, &slice.above, &slice.below}) append_plane(bytes, *plane);
  bytes.append(slice.liver.begin(), slice.liver.end());
  bytes.append(slice.lesion.begin(), slice.lesion.end());
  return bytes;
}

LearningSlice slice_from_bytes(const std::string& bytes, const std::string& source) {
  const size_t line = bytes.find('\n');
  const nlohmann::json head =
      line == std::string::npos ? nlohmann::json() : nlohmann::json::parse(bytes.substr(0, line), nullptr, false);
  LearningSlice slice;
  if (head.is_object()) {
    slice.width = head.value("width", int64_t(0));
    slice.height = head.value("height", int64_t(0));
  }
  const size_t pixels = slice.pixels();
  const bool context = head.is_object() && head.value("context", false);
  const size_t planes = context ? 3 : 1;
  const auto says = [&](const char* mask) { return head.is_object() && head.value(mask, false) ? size_t(1) : 0; };
  const size_t size = head.is_object() ? line + 1 + pixels * (2 * planes + says("liver") + says("lesion")) : 0;
  if (pixels == 0 || bytes.size() != size)
    throw Error(ErrorCode::bad_format, source + " is not a whole cached slice; remove the file and run again");
  slice.spacing_mm = head.at("spacing_mm");
  slice.phase = phase_from_name(head.at("phase").get<std::string>()).value_or(Phase::unknown);
  slice.label = head.at("label");
  for (const auto& lesion : head.at("lesions"))
    slice.lesions.push_back({box_of(lesion.at("box")), lesion.at("type"), lesion.at("ignore")});
  if (head.contains("liver_hu")) slice.liver_hu = head.at("liver_hu").get<double>();
  if (head.contains("target")) slice.target = box_of(head.at("target"));
  const char* values = bytes.data() + line + 1;
  slice.hu = plane_at(values, pixels);
  if (context) {
    slice.above = plane_at(values + 2 * pixels, pixels);
    slice.below = plane_at(values + 4 * pixels, pixels);
  }
  const auto* mask = reinterpret_cast<const uint8_t*>(values) + 2 * planes * pixels;
  if (says("liver")) {
    slice.liver.assign(mask, mask + pixels);
    mask += pixels;
  }
  if (says("lesion")) slice.lesion.assign(mask, mask + pixels);
  return slice;
}

}  // namespace hepatica
