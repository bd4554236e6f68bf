// What `hepatica bench` times: the machine's limits, the networks, and a whole study.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/files.h"
#include "pipeline/pipeline.h"

namespace hepatica::cmd {

/// Rates that nothing on this machine exceeds.
struct BenchLimits {
  double convolution_f32 = 0, convolution_bf16 = 0;  ///< 1e9 multiply-adds a second
  double memory = 0;                                 ///< 1e9 bytes a second
};
BenchLimits measure_limits();
nlohmann::json json_from_limits(const BenchLimits& limits);

/// {"processor", "threads", "memory_gib"} of this machine.
nlohmann::json describe_machine();

/// Images a second of one checkpoint through the Predictor, on inputs of the size that its metadata names, with the
/// images a second that the convolution rate would allow for its multiply-adds.
nlohmann::json time_network(const std::string& role,
                            const fs::path& checkpoint,
                            const PredictorOptions& options,
                            const BenchLimits& limits,
                            int repeats);

/// A two-phase phantom study as DICOM files, `slices` of 512x512 a phase.
void write_bench_study(const fs::path& folder, int64_t slices, uint64_t seed);

/// {"seconds", "stages": {name: s}, "limits": {"ingest": s to read the bytes}, "slices", "peak_memory_gib", "status"}.
nlohmann::json time_study(const fs::path& folder, const Pipeline& pipeline);

}  // namespace hepatica::cmd
