#include "cmd/bench_parts.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>

#include "base/error.h"
#include "base/threads.h"
#include "engine/limits.h"
#include "io/dicom_ct_writer.h"
#include "nn/cost.h"
#include "phantom/patient.h"
#include "stages/ingest/ingest.h"

namespace hepatica::cmd {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

double peak_memory_gib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return double(usage.ru_maxrss) / 1024 / 1024;
}

std::string processor_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("model name")) return line.substr(std::min(line.size(), line.find(':') + 2));
  return "unknown";
}

struct NetworkInput {
  std::vector<int64_t> shape;
  std::vector<std::string> outputs;
};

/// A batch as the stages give it; the segmenter's slice is a 400 mm field of view at its spacing.
NetworkInput input_of(const nlohmann::json& metadata) {
  const std::string family = metadata.at("network").at("family");
  const nlohmann::json input = metadata.value("input", nlohmann::json::object());
  const nlohmann::json arguments = metadata.at("network").value("arguments", nlohmann::json::object());
  const int64_t channels = arguments.value("in_channels", 3);
  if (family == "yolov8") {
    return {{8, channels, input.value("size", 512), input.value("size", 512)}, {"p3", "p4", "p5"}};
  }
  if (const auto patch = input.value("patch", std::vector<int64_t>{}); patch.size() == 3)
    return {{1, 1, patch[0], patch[1], patch[2]}, {"logits"}};
  if (family == "dynunet") {
    const int multiple = input.value("multiple", 32);
    const int64_t side = int64_t(400 / input.value("spacing_mm", 1.6) + multiple - 1) / multiple * multiple;
    return {{8, 1, side, side}, {"logits"}};
  }
  const std::vector<std::string> outputs =
      family == "lilnet" ? std::vector<std::string>{"out4", "out3"} : std::vector<std::string>{"logits"};
  return {{16, channels, input.value("size", 224), input.value("size", 224)}, outputs};
}

/// Reading every byte of the folder once: what ingest cannot go below.
double seconds_to_read(const fs::path& folder) {
  const auto start = Clock::now();
  size_t bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) bytes += read_file(entry.path()).size();
  return bytes ? seconds_since(start) : 0;
}

CtSeriesOptions series_options(Phase phase, int number) {
  CtSeriesOptions options;
  options.study_seed = "bench";
  options.series_seed = name_of(phase);
  options.series_number = number;
  options.patient.id = options.patient.name = "bench";
  options.study_date = "20240101";
  options.study_time = "120000";
  options.contrast_agent = "contrast";
  options.contrast_start_time = "120000";
  options.acquisition_time = phase == Phase::arterial ? "120034" : "120110";
  options.series_description = phase == Phase::arterial ? "arterial phase" : "portal venous phase";
  return options;
}

}  // namespace

BenchLimits measure_limits() {
  return {convolution_rate(Precision::f32), convolution_rate(Precision::bf16), memory_rate()};
}

nlohmann::json json_from_limits(const BenchLimits& limits) {
  return {{"convolution_f32_gmac_s", limits.convolution_f32},
          {"convolution_bf16_gmac_s", limits.convolution_bf16},
          {"memory_gb_s", limits.memory}};
}

nlohmann::json describe_machine() {
  const double memory = double(sysconf(_SC_PHYS_PAGES)) * double(sysconf(_SC_PAGE_SIZE)) / (1 << 30);
  return {{"processor", processor_name()}, {"threads", thread_count()}, {"memory_gib", memory}};
}

nlohmann::json time_network(const std::string& role,
                            const fs::path& checkpoint,
                            const PredictorOptions& options,
                            const BenchLimits& limits,
                            int repeats) {
  const auto predictor = make_predictor(checkpoint, options);
  const NetworkInput wanted = input_of(predictor->metadata());
  Array input{wanted.shape, {}};
  size_t count = 1;
  for (int64_t size : input.shape) count *= size_t(size);
  for (size_t i = 0; i < count; ++i) input.values.push_back(float(i % 97) / 97);
  predictor->run(input, wanted.outputs);
  std::vector<double> seconds;
  for (int i = 0; i < repeats; ++i) {
    check_interrupted();
    const auto start = Clock::now();
    predictor->run(input, wanted.outputs);
    seconds.push_back(seconds_since(start));
  }
  std::nth_element(seconds.begin(), seconds.begin() + repeats / 2, seconds.end());
  const nlohmann::json& network = predictor->metadata().at("network");
  const double images = double(input.shape[0]);
  const double work =
      nn::multiply_adds(nn::build_graph(network.at("family"), network.at("arguments")), input.shape) / 1e9;
  const double best =
      std::max(limits.convolution_f32, options.precision == Precision::f32 ? 0 : limits.convolution_bf16);
  const double rate = images / seconds[size_t(repeats / 2)];
  return {{"role", role},
          {"file", checkpoint.filename().string()},
          {"network", network},
          {"shape", input.shape},
          {"gmac_per_image", work / images},
          {"images_s", rate},
          {"limit_images_s", best / (work / images)},
          {"share_of_limit", rate * work / images / best}};
}

void write_bench_study(const fs::path& folder, int64_t slices, uint64_t seed) {
  phantom::PatientOptions options = phantom::cohort_options("test");
  options.lesion_diameter_mm = {20, 50};
  const phantom::Patient patient(phantom::patient_seed("bench", seed, 0), options);
  phantom::ScanOptions scan;
  scan.slice_spacing_mm = 1;
  Geometry grid = patient.scan_geometry(scan);
  grid.spacing[2] *= double(grid.size[2]) / double(slices);
  grid.size[2] = slices;
  int number = 1;
  for (Phase phase : {Phase::arterial, Phase::portal_venous}) {
    const Volume<int16_t> hu = patient.render(grid, phase, {}, seed).hu;
    write_ct_series(folder / std::string(name_of(phase)), hu, series_options(phase, number++));
  }
}

nlohmann::json time_study(const fs::path& folder, const Pipeline& pipeline) {
  const double reading = seconds_to_read(folder);
  const auto start = Clock::now();
  const Study study = ingest(folder);
  require_accepted_series(study);
  const double ingested = seconds_since(start);
  const Outcome outcome = pipeline.diagnose(study);
  nlohmann::json stages{{"ingest", ingested}};
  for (const auto& [stage, seconds] : outcome.provenance.timings_s) stages[stage] = seconds;
  int64_t slices = 0;
  for (const PhaseImage& image : outcome.images.images) slices += image.hu.nz();
  return {{"seconds", seconds_since(start)},
          {"stages", stages},
          {"limits", {{"ingest", reading}}},
          {"slices", slices},
          {"lesions", outcome.diagnosis.lesions.size()},
          {"status", name_of(outcome.diagnosis.status)},
          {"peak_memory_gib", peak_memory_gib()}};
}

}  // namespace hepatica::cmd
