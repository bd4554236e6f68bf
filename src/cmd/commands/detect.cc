#include <fmt/format.h>

#include "cmd/command.h"
#include "cmd/study_options.h"
#include "io/picture.h"
#include "stages/detect/yolov8.h"

namespace hepatica::cmd {
namespace {

struct Arguments {
  std::vector<std::string> images;
  std::string checkpoint, scale = "x";
  bool raw = false;
  DetectOptions options;
  PictureStackOptions pictures;
  ModelArguments predictor;
};

Box2 whole(const Picture& picture) { return {0, 0, double(picture.width), double(picture.height)}; }

PlaneImage network_image(const Picture& picture, const Arguments& arguments, const DetectInput& input) {
  const PictureStackOptions& window = arguments.pictures;
  std::vector<float> hu;  // not rounded: where both windows agree the network sees grey / 255 itself, as LiLNet's did
  for (uint8_t grey : picture.grey) hu.push_back(float(window.level + (grey / 255.0 - 0.5) * window.width));
  return detect_image(
      SlicePlanes<float>{hu, {}, {}}, {}, picture.width, picture.height, whole(picture), std::nullopt, input);
}

nlohmann::json detections_json(const std::vector<ScoredBox>& boxes, const Picture& picture, const DetectInput& input) {
  nlohmann::json list = nlohmann::json::array();
  for (const ScoredBox& scored : boxes) {
    const Box2 box = slice_box_from_image(scored.box, whole(picture), input);
    list.push_back({{"box", {box.x0, box.y0, box.x1, box.y1}},
                    {"score", scored.score},
                    {"class", scored.type == 0 ? nlohmann::json("lesion") : nlohmann::json(scored.type)}});
  }
  return list;
}

int run(const Common& common, const Arguments& arguments) {
  const bool says_its_network = fs::path(arguments.checkpoint).extension() == ".safetensors";
  const nlohmann::json network{{"family", "yolov8"}, {"arguments", {{"scale", arguments.scale}, {"classes", 1}}}};
  const YoloV8 detector(
      make_predictor(
          arguments.checkpoint, predictor_options(arguments.predictor), says_its_network ? nlohmann::json() : network),
      arguments.options);
  nlohmann::json images = nlohmann::json::array();
  std::vector<std::vector<std::string>> rows{{"image", "box", "score"}};
  for (const std::string& file : arguments.images) {
    const Picture picture = read_picture(file);
    const DecodedHead head = detector.decode({network_image(picture, arguments, detector.input())}).front();
    nlohmann::json image{{"file", file},
                         {"detections", detections_json(detector.boxes(head), picture, detector.input())}};
    for (const auto& found : image["detections"]) {
      const auto box = found["box"].get<std::vector<double>>();
      rows.push_back({file,
                      fmt::format("{:.1f} {:.1f} {:.1f} {:.1f}", box[0], box[1], box[2], box[3]),
                      fmt::format("{:.3f}", found["score"].get<double>())});
    }
    if (arguments.raw) image["raw"] = {{"shape", {1, 4 + head.classes, head.cells}}, {"values", head.values}};
    images.push_back(std::move(image));
  }
  common.json ? print_json({{"images", images}}) : print_table(rows);
  return 0;
}

std::function<int(const Common&)> declare(CLI::App& app) {
  auto arguments = std::make_shared<Arguments>();
  app.add_option("IMAGE", arguments->images, "PNG, JPEG or BMP slices")->required();
  app.add_option("--checkpoint", arguments->checkpoint, "weights (.safetensors, or .pt of Ultralytics)")->required();
  app.add_option("--scale", arguments->scale, "YOLOv8 scale of checkpoints that do not say theirs")
      ->check(CLI::IsMember({"n", "s", "m", "l", "x"}))
      ->capture_default_str();
  app.add_flag(
      "--raw",
      arguments->raw,
      "with --json: add the decoded output before suppression, rows x, y, width, height (network pixels), score");
  app.add_option("--confidence", arguments->options.confidence, "lowest score")->check(CLI::Range(0.0, 1.0));
  app.add_option("--iou", arguments->options.iou, "IoU above which the lower box is suppressed")
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--picture-level", arguments->pictures.level, "window level of the pictures, HU");
  app.add_option("--picture-width", arguments->pictures.width, "window width of the pictures, HU")
      ->check(CLI::Range(1.0, 5000.0));
  add_predictor_arguments(app, arguments->predictor);
  return [arguments](const Common& common) { return run(common, *arguments); };
}

}  // namespace

Command declare_detect() {
  return {"detect",
          "Find lesions as boxes on 2D images",
          "hepatica detect slice12.png --checkpoint models/detect.safetensors --json",
          declare};
}

}  // namespace hepatica::cmd
