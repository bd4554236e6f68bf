// Ingest of a 300-slice CT to HU against reading the same files and decoding them with DCMTK alone.
// HEPATICA_BENCH_SERIES names a DICOM folder to use instead of the synthetic one.
#include <benchmark/benchmark.h>
#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include <chrono>
#include <cstdlib>

#include "base/files.h"
#include "base/rng.h"
#include "base/threads.h"
#include "io/dicom_ct_writer.h"
#include "stages/ingest/ingest.h"

namespace hepatica {
namespace {

/// 300 slices of 512x512 with noise, so that no step can profit from constant pixels; removed at exit.
const fs::path& series_folder() {
  static const TemporaryFolder temporary;
  static const fs::path folder = [] {
    if (const char* given = std::getenv("HEPATICA_BENCH_SERIES")) return fs::path(given);
    Geometry grid;
    grid.size = {512, 512, 300};
    grid.spacing = {0.7, 0.7, 1};
    Volume<int16_t> hu(grid);
    Rng rng(1);
    for (int16_t& value : hu.values()) value = int16_t(rng.integer(-1000, 1000));
    write_ct_series(temporary.path() / "series", hu, {});
    return temporary.path() / "series";
  }();
  return folder;
}

/// Sum of all pixels, so that none is skipped.
int64_t decode_with_dcmtk() {
  int64_t sum = 0;
  for (const auto& entry : fs::recursive_directory_iterator(series_folder())) {
    if (!entry.is_regular_file()) continue;
    DcmFileFormat file;
    if (file.loadFile(entry.path().c_str()).bad()) continue;
    DcmDataset& data = *file.getDataset();
    const Uint16* pixels = nullptr;
    unsigned long count = 0;
    if (data.chooseRepresentation(EXS_LittleEndianExplicit, nullptr).bad()) continue;
    if (data.findAndGetUint16Array(DCM_PixelData, pixels, &count).bad()) continue;
    for (unsigned long i = 0; i < count; ++i) sum += pixels[i];
  }
  return sum;
}

/// The same with all slices kept in one array, as a volume needs them.
int64_t decode_with_dcmtk_to_volume() {
  std::vector<Uint16> volume;
  for (const auto& entry : fs::recursive_directory_iterator(series_folder())) {
    DcmFileFormat file;
    const Uint16* pixels = nullptr;
    unsigned long count = 0;
    if (!entry.is_regular_file() || file.loadFile(entry.path().c_str()).bad()) continue;
    if (file.getDataset()->chooseRepresentation(EXS_LittleEndianExplicit, nullptr).bad()) continue;
    if (file.getDataset()->findAndGetUint16Array(DCM_PixelData, pixels, &count).bad()) continue;
    if (volume.empty()) volume.reserve(count * size_t(std::distance(fs::directory_iterator(series_folder()), {})));
    volume.insert(volume.end(), pixels, pixels + count);
  }
  return volume.empty() ? 0 : volume.back();
}

int64_t headers_alone() {
  IngestOptions options;
  options.phase_from_image = false;
  return int64_t(ingest(series_folder(), options).series.size());
}

/// Headers, sorting, checks and HU of every accepted series.
int64_t ingest_to_hu(bool phase_from_image) {
  IngestOptions options;
  options.phase_from_image = phase_from_image;
  int64_t sum = 0;
  for (const Series& series : ingest(series_folder(), options).series) {
    if (!series.accepted) continue;
    const Volume<int16_t> hu = series.load();
    for (int16_t value : hu.values()) sum += value;
  }
  return sum;
}

template <class Work>
double seconds_of(Work work) {
  const auto start = std::chrono::steady_clock::now();
  benchmark::DoNotOptimize(work());
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// All in turn, so that a busy machine slows all. `ratio` is ingest / DCMTK with nothing kept, `ratio_volume` ingest /
/// DCMTK with the slices kept in one array.
void ingest_over_dcmtk(benchmark::State& state) {
  set_thread_count(int(state.range(0)));
  series_folder();
  double ingest_s = 0, dcmtk_s = 0, volume_s = 0, headers_s = 0;
  for (auto _ : state) {
    dcmtk_s += seconds_of(decode_with_dcmtk);
    volume_s += seconds_of(decode_with_dcmtk_to_volume);
    headers_s += seconds_of(headers_alone);
    ingest_s += seconds_of([&] { return ingest_to_hu(state.range(1) != 0); });
  }
  const double runs = double(state.iterations());
  state.counters["ingest_s"] = ingest_s / runs;
  state.counters["dcmtk_s"] = dcmtk_s / runs;
  state.counters["dcmtk_volume_s"] = volume_s / runs;
  state.counters["headers_s"] = headers_s / runs;
  state.counters["ratio"] = ingest_s / dcmtk_s;
  state.counters["ratio_volume"] = ingest_s / volume_s;
}
BENCHMARK(ingest_over_dcmtk)
    ->ArgNames({"threads", "phase_from_image"})
    ->Args({1, 0})
    ->Args({0, 0})
    ->Args({0, 1})
    ->Iterations(3)
    ->Unit(benchmark::kSecond);

}  // namespace
}  // namespace hepatica
