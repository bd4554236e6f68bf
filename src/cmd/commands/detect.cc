#include <fmt/format.h>

#include "cmd/command.h"
#include "cmd/network_argument.h"
#include "cmd/study_options.h"
#include "io/colour_picture.h"
#include "stages/detect/picture_input.h"
#include "stages/detect/yolov8.h"

namespace hepatica::cmd {
namespace {

struct Arguments {
  std::vector<std::string> images;
  std::string checkpoint, scale;
  bool raw = false;
  DetectOptions options;
  PictureStackOptions pictures;
  ModelArguments predictor;
};

/// Pictures go in as they are where the network looks at one window and this is theirs; else their grey values are
/// taken back to HU first.
PlaneImage network_image(const ColourPicture& picture, const Arguments& arguments, const DetectInput& input) {
  const PictureStackOptions& window = arguments.pictures;
  if (input.mode == "window" && input.level == window.level && input.width == window.width)
    return detect_picture(picture.rgb, picture.width, picture.height, input);
  std::vector<float> hu;
  for (uint8_t grey : grey_of(picture).grey) hu.push_back(float(window.level + (grey / 255.0 - 0.5) * window.width));
  const Box2 whole{0, 0, double(picture.width), double(picture.height)};
  return detect_image(SlicePlanes<float>{hu, {}, {}}, {}, picture.width, picture.height, whole, std::nullopt, input);
}

struct NamedDetector {
  YoloV8 network;
  std::vector<std::string> classes;  ///< as the checkpoint names them; types beyond these have numbers only
};

NamedDetector load_detector(const Arguments& arguments) {
  std::shared_ptr<Predictor> predictor = make_predictor(arguments.checkpoint, predictor_options(arguments.predictor));
  require_argument(*predictor, arguments.checkpoint, "scale", arguments.scale);
  const auto classes = predictor->metadata().value("classes", std::vector<std::string>{"lesion"});
  return {{std::move(predictor), arguments.options}, classes};
}

nlohmann::json detections_json(const std::vector<ScoredBox>& boxes,
                               const ColourPicture& picture,
                               const NamedDetector& detector) {
  const Box2 whole{0, 0, double(picture.width), double(picture.height)};
  nlohmann::json list = nlohmann::json::array();
  for (const ScoredBox& scored : boxes) {
    const Box2 box = slice_box_from_image(scored.box, whole, detector.network.input());
    const bool named = scored.type < std::ssize(detector.classes);
    list.push_back(
        {{"box", {box.x0, box.y0, box.x1, box.y1}},
         {"score", scored.score},
         {"class", named ? nlohmann::json(detector.classes[size_t(scored.type)]) : nlohmann::json(scored.type)}});
  }
  return list;
}

int run(const Common& common, const Arguments& arguments) {
  const NamedDetector detector = load_detector(arguments);
  const YoloV8& network = detector.network;
  nlohmann::json images = nlohmann::json::array();
  std::vector<std::vector<std::string>> rows{{"image", "box", "score"}};
  for (const std::string& file : arguments.images) {
    const ColourPicture picture = read_colour_picture(file);
    const DecodedHead head = network.decode({network_image(picture, arguments, network.input())}).front();
    nlohmann::json image{{"file", file}, {"detections", detections_json(network.boxes(head), picture, detector)}};
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
  app.add_option("--checkpoint", arguments->checkpoint, "weights of a YOLOv8 (.safetensors, or .pt of Ultralytics)")
      ->required();
  app.add_option("--scale", arguments->scale, "YOLOv8 scale that the checkpoint must have; told by its tensors")
      ->check(CLI::IsMember({"n", "s", "m", "l", "x"}));
  app.add_flag("--raw",
               arguments->raw,
               "with --json: add the decoded output before suppression, rows x, y, width, height (network pixels), "
               "then a score a "
               "class");
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
