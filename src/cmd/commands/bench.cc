#include <fmt/format.h>

#include "base/error.h"
#include "base/log.h"
#include "base/options.h"
#include "cmd/bench_parts.h"
#include "cmd/build_info.h"
#include "cmd/command.h"
#include "cmd/study_options.h"

namespace hepatica::cmd {
namespace {

struct BenchArguments {
  std::string out;
  int64_t slices = 130;
  int repeats = 5;
  bool no_study = false;
  ModelArguments models;
};

/// The file of a model, from the folders that it was loaded from.
fs::path file_of(const Provenance::Model& model, const std::vector<fs::path>& folders) {
  for (const fs::path& folder : folders)
    if (fs::exists(folder / model.file)) return folder / model.file;
  throw Error(ErrorCode::not_found, fmt::format("{}: the model's file went away; run again", model.file));
}

void print_document(const nlohmann::json& document) {
  const auto& limits = document["kernels"];
  fmt::print("{}, {} threads\n",
             document["machine"]["processor"].get<std::string>(),
             document["machine"]["threads"].get<int>());
  fmt::print("limits: convolution {:.0f} (f32) and {:.0f} (bf16) 1e9 multiply-adds/s; memory {:.1f} GB/s\n\n",
             limits["convolution_f32_gmac_s"].get<double>(),
             limits["convolution_bf16_gmac_s"].get<double>(),
             limits["memory_gb_s"].get<double>());
  std::vector<std::vector<std::string>> rows{{"network", "input", "images/s", "limit", "share"}};
  for (const auto& one : document["networks"])
    rows.push_back({one["role"],
                    one["shape"].dump(),
                    fmt::format("{:.1f}", one["images_s"].get<double>()),
                    fmt::format("{:.1f}", one["limit_images_s"].get<double>()),
                    fmt::format("{:.0f}%", 100 * one["share_of_limit"].get<double>())});
  print_table(rows);
  if (!document.contains("study")) return;
  const auto& study = document["study"];
  fmt::print("\nwhole study of {} slices: {:.1f} s, peak memory {:.2f} GiB\n",
             study["slices"].get<int64_t>(),
             study["seconds"].get<double>(),
             study["peak_memory_gib"].get<double>());
  for (const auto& [stage, seconds] : study["stages"].items())
    fmt::print("  {:<12} {:.2f} s\n", stage, seconds.get<double>());
  fmt::print("  limit of ingest: {:.2f} s to read the bytes\n", study["limits"]["ingest"].get<double>());
}

int run(const BenchArguments& arguments, const Common& common) {
  const std::vector<fs::path> folders = model_folders(arguments.models);
  const PredictorOptions options = predictor_options(arguments.models);
  const Pipeline pipeline(load_recipe(arguments.models.recipe, installed_folders("recipes")), {folders, options, true});
  const BenchLimits limits = measure_limits();
  nlohmann::json document{{"machine", describe_machine()},
                          {"version", kVersion},
                          {"commit", kCommit},
                          {"libraries", kLibraries},
                          {"kernels", json_from_limits(limits)},
                          {"networks", nlohmann::json::array()}};
  for (const Provenance::Model& model : pipeline.models())
    document["networks"].push_back(
        time_network(model.role, file_of(model, folders), options, limits, arguments.repeats));
  if (!arguments.no_study) {
    const TemporaryFolder folder;
    log_info("rendering a phantom of 2 x {} slices", arguments.slices);
    write_bench_study(folder.path(), arguments.slices, common.seed);
    document["study"] = time_study(folder.path(), pipeline);
  }
  if (!arguments.out.empty()) write_file(arguments.out, document.dump(2) + "\n");
  common.json ? print_json(document) : print_document(document);
  return 0;
}

}  // namespace

Command declare_bench() {
  return {"bench",
          "Time this machine: kernels, networks and a whole study, with the limit beside each",
          "hepatica bench --out bench.json",
          [](CLI::App& app) -> std::function<int(const Common&)> {
            auto a = std::make_shared<BenchArguments>();
            app.add_option("--out", a->out, "file for the figures as JSON");
            app.add_option("--slices", a->slices, "slices of each of the study's two phases")
                ->check(CLI::Range(8, 1000))
                ->capture_default_str();
            app.add_option("--repeats", a->repeats, "timed runs of each network; the median is given")
                ->check(CLI::Range(1, 1000))
                ->capture_default_str();
            app.add_flag("--no-study", a->no_study, "kernels and networks alone");
            add_model_arguments(app, a->models);
            return [a](const Common& common) { return run(*a, common); };
          }};
}

}  // namespace hepatica::cmd
