#include <fmt/format.h>

#include "cmd/command.h"
#include "cmd/network_argument.h"
#include "cmd/study_options.h"
#include "io/colour_picture.h"
#include "stages/aggregate/aggregate.h"
#include "stages/classify/lilnet.h"
#include "stages/classify/picture_input.h"

namespace hepatica::cmd {
namespace {

struct Arguments {
  std::vector<std::string> images;
  std::string checkpoint, network;
  int classes = 0, depth = 0;
  ModelArguments predictor;
};

CropNetwork load_network(const Arguments& arguments) {
  std::shared_ptr<Predictor> predictor = make_predictor(arguments.checkpoint, predictor_options(arguments.predictor));
  const std::string& file = arguments.checkpoint;
  require_argument(*predictor, file, "family", arguments.network);
  require_argument(*predictor, file, "classes", arguments.classes);
  require_argument(*predictor, file, "depth", arguments.depth);
  std::vector<std::string> classes;
  if (!predictor->metadata().contains("classes")) {
    const nlohmann::json network = predictor->metadata()["network"]["arguments"];
    for (int64_t c = 0; c < network.value("classes", int64_t(0)); ++c) classes.push_back(std::to_string(c));
  }
  const ClassifyOptions options;
  CropNetwork network(std::move(predictor), file, classes, options);
  if (network.input().fused())
    throw Error(ErrorCode::unsupported,
                file + ": the network looks at several phases at once, and pictures are of one each; use diagnose");
  return network;
}

int run(const Common& common, const Arguments& arguments) {
  const CropNetwork network = load_network(arguments);
  std::vector<ColourPicture> pictures;
  for (const std::string& file : arguments.images) pictures.push_back(read_colour_picture(file));
  const auto logits = network.logits(pictures.size(), [&](size_t n) {
    return classify_picture(pictures[n].rgb, pictures[n].width, pictures[n].height, network.input());
  });
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
  app.add_option("--network", arguments->network, "network that the checkpoint must be of; told by its tensors")
      ->check(CLI::IsMember({"lilnet", "resnet", "densenet", "efficientnet", "convnext"}));
  app.add_option("--classes", arguments->classes, "classes that it must have")->check(CLI::Range(2, 1000));
  app.add_option("--depth", arguments->depth, "depth that it must have")->check(CLI::IsMember({18, 34, 50, 101, 121}));
  add_predictor_arguments(app, arguments->predictor);
  return [arguments](const Common& common) { return run(common, *arguments); };
}

}  // namespace

Command declare_classify() {
  return {"classify",
          "Score lesion crops; logits per image and for the patient",
          "hepatica classify crops/*.png --checkpoint Time_BM.pth.tar --json",
          declare};
}

}  // namespace hepatica::cmd
