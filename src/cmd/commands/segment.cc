#include <fmt/format.h>

#include "cmd/command.h"
#include "cmd/study_options.h"
#include "image/orient.h"
#include "io/volume_file.h"
#include "pipeline/pipeline.h"

namespace hepatica::cmd {
namespace {

struct Arguments {
  StudyArguments study;
  ModelArguments models;
  std::string out;
};

int run(const Common& common, const Arguments& arguments) {
  const Recipe recipe = read_recipe(load_recipe(arguments.models.recipe, installed_folders("recipes")));
  Models models(recipe, model_folders(arguments.models), predictor_options(arguments.models));
  const auto segmenter = make_segmenter(recipe, models);
  const Study study = ingest(arguments.study.study, ingest_options(arguments.study));
  require_accepted_series(study);
  // The series that diagnosis reports on: portal venous where there is one.
  const SeriesChoice choice = choose_series(study, {Phase::portal_venous}, recipe.preprocess);
  const ChosenSeries& chosen = choice.chosen.front();
  const Volume<int16_t> hu = study.series[chosen.series].load();
  const LiverSegmentation found = segmenter->segment(to_axial(hu));
  write_mask(arguments.out, restore_orientation(found.liver, hu.geometry()));
  if (common.json) {
    print_json({{"series", study.series[chosen.series].uid},
                {"phase", name_of(study.series[chosen.series].phase)},
                {"liver", {{"volume_ml", found.volume_ml}, {"confidence", found.confidence}}},
                {"refused_reason", found.refusal.empty() ? nlohmann::json() : nlohmann::json(found.refusal)},
                {"file", arguments.out}});
  } else if (found.refusal.empty()) {
    fmt::print("liver: {:.0f} ml, in {}\n", found.volume_ml, arguments.out);
  } else {
    fmt::print("{}; {} is empty\n", found.refusal, arguments.out);
  }
  return 0;
}

std::function<int(const Common&)> declare(CLI::App& app) {
  auto arguments = std::make_shared<Arguments>();
  add_study_arguments(app, arguments->study);
  app.add_option("--out", arguments->out, "mask to write (.nii.gz, .nii, .nrrd, .mha) on the input's own grid")
      ->required();
  add_model_arguments(app, arguments->models);
  return [arguments](const Common& common) { return run(common, *arguments); };
}

}  // namespace

Command declare_segment() {
  return {"segment",
          "Write the mask of the liver on the grid of the study's portal venous (else best) series",
          "hepatica segment /data/patient7 --out liver.nii.gz",
          declare};
}

}  // namespace hepatica::cmd
