#include <fmt/format.h>

#include "cmd/command.h"
#include "cmd/study_options.h"
#include "io/picture.h"
#include "stages/aggregate/aggregate.h"
#include "stages/classify/lilnet.h"

namespace hepatica::cmd {
namespace {

constexpr int kDefaultDepth = 50;

struct Arguments {
  std::vector<std::string> images;
  std::string checkpoint, network = "lilnet";
  int classes = 0, depth = kDefaultDepth;
  ModelArguments predictor;
};

/// The crop as the network wants it: pictures of another size are resized, as LiLNet's loaders do.
PlaneImage network_crop(const Picture& picture, const ClassifyInput& input) {
  std::vector<float> grey;
  for (uint8_t value : picture.grey) grey.push_back(float(value) / 255.0f);
  const PlaneMap map{AxisMap::resize(picture.width, input.size), AxisMap::resize(picture.height, input.size)};
  std::vector<float> plane = resample_plane(grey, picture.width, picture.height, map, input.size, input.size);
  for (float& value : plane) value = float((double(value) - input.mean) / input.std);
  PlaneImage crop{3, input.size, input.size, {}};
  for (int channel = 0; channel < 3; ++channel) crop.values.insert(crop.values.end(), plane.begin(), plane.end());
  return crop;
}

CropNetwork load_network(const Arguments& arguments) {
  nlohmann::json network;
  if (arguments.classes > 0)
    network = {{"family", arguments.network},
               {"arguments", {{"depth", arguments.depth}, {"classes", arguments.classes}}}};
  std::shared_ptr<Predictor> predictor =
      make_predictor(arguments.checkpoint, predictor_options(arguments.predictor), network);
  std::vector<std::string> classes;
  if (!predictor->metadata().contains("classes"))
    for (int c = 0; c < arguments.classes; ++c) classes.push_back(std::to_string(c));
  return {std::move(predictor), arguments.checkpoint, classes, {}};
}

int run(const Common& common, const Arguments& arguments) {
  const CropNetwork network = load_network(arguments);
  std::vector<Picture> pictures;
  for (const std::string& file : arguments.images) pictures.push_back(read_picture(file));
  const auto logits =
      network.logits(pictures.size(), [&](size_t n) { return network_crop(pictures[n], network.input()); });
  std::vector<ImagePrediction> predictions(pictures.size());
  nlohmann::json images = nlohmann::json::array();
  std::vector<std::vector<std::string>> rows{{"image"}};
  rows[0].insert(rows[0].end(), network.classes().begin(), network.classes().end());
  const auto add_row = [&](const std::string& name, const std::vector<double>& probabilities) {
    rows.push_back({name});
    for (double probability : probabilities) rows.back().push_back(fmt::format("{:.3f}", probability));
  };
  for (size_t n = 0; n < pictures.size(); ++n) {
    predictions[n].logits = logits[n];
    add_row(arguments.images[n], softmax(logits[n]));
    images.push_back({{"file", arguments.images[n]}, {"logits", logits[n]}, {"probabilities", softmax(logits[n])}});
  }
  const StagePrediction patient = average("images", network.classes(), predictions);
  const auto best =
      std::max_element(patient.probabilities.begin(), patient.probabilities.end()) - patient.probabilities.begin();
  add_row("patient: " + network.classes()[size_t(best)], patient.probabilities);
  const nlohmann::json document{{"classes", network.classes()},
                                {"images", images},
                                {"patient",
                                 {{"logits", patient.logits},
                                  {"probabilities", patient.probabilities},
                                  {"prediction", network.classes()[size_t(best)]}}}};
  common.json ? print_json(document) : print_table(rows);
  return 0;
}

std::function<int(const Common&)> declare(CLI::App& app) {
  auto arguments = std::make_shared<Arguments>();
  app.add_option("IMAGE", arguments->images, "crops of one patient (PNG, JPEG, BMP), 224 x 224 or resized to it")
      ->required();
  app.add_option("--checkpoint", arguments->checkpoint, "weights (.safetensors, .pth.tar)")->required();
  app.add_option("--network", arguments->network, "network of checkpoints that do not say theirs")
      ->check(CLI::IsMember({"lilnet", "resnet"}))
      ->capture_default_str();
  app.add_option("--classes", arguments->classes, "its number of classes")->check(CLI::Range(2, 1000));
  app.add_option("--depth", arguments->depth, "its depth")
      ->check(CLI::IsMember({18, 34, 50, 101}))
      ->capture_default_str();
  add_predictor_arguments(app, arguments->predictor);
  return [arguments](const Common& common) { return run(common, *arguments); };
}

}  // namespace

Command declare_classify() {
  return {"classify",
          "Score lesion crops; logits per image and for the patient",
          "hepatica classify crops/*.png --checkpoint Time_BM.pth.tar --network lilnet --classes 2 --json",
          declare};
}

}  // namespace hepatica::cmd
