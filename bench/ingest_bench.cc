// Ingest of a 300-slice CT to HU against reading the same files and decoding them with DCMTK alone.
// HEPATICA_BENCH_SERIES names a DICOM folder to use instead of the synthetic one.
#include <benchmark/benchmark.h>
#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <limits>
#include <memory>
#include <span>

#include "base/files.h"
#include "base/input_file.h"
#include "base/rng.h"
#include "base/threads.h"
#include "image/voxel_array.h"
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

/// Sum of one value of each 4 KiB: shows that all pages were read, and adds next to nothing to what is timed.
template <class T>
int64_t sampled_sum(std::span<const T> values) {
  int64_t sum = 0;
  for (size_t i = 0; i < values.size(); i += 4096 / sizeof(T)) sum += values[i];
  return sum;
}

/// The pixels of one file, read and decoded by DCMTK; `use` sees them while the file is in memory.
template <class Use>
void with_dcmtk_pixels(const fs::path& path, const Use& use) {
  DcmFileFormat file;
  const Uint16* pixels = nullptr;
  unsigned long count = 0;
  if (file.loadFile(path.c_str()).bad()) return;
  if (file.getDataset()->chooseRepresentation(EXS_LittleEndianExplicit, nullptr).bad()) return;
  if (file.getDataset()->findAndGetUint16Array(DCM_PixelData, pixels, &count).bad()) return;
  use(std::span<const Uint16>(pixels, count));
}

std::vector<fs::path> files_of_series() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(series_folder()))
    if (entry.is_regular_file()) files.push_back(entry.path());
  return files;
}

/// Of one slice of the series.
size_t pixels_of(const fs::path& file) {
  size_t count = 0;
  with_dcmtk_pixels(file, [&](std::span<const Uint16> pixels) { count = pixels.size(); });
  return count;
}

/// Nothing is kept.
int64_t decode_with_dcmtk() {
  const std::vector<fs::path> files = files_of_series();
  std::atomic<int64_t> total{0};
  parallel_for(files.size(), [&](size_t f) {
    with_dcmtk_pixels(files[f], [&](std::span<const Uint16> pixels) { total += sampled_sum(pixels); });
  });
  return total;
}

/// The same with all slices kept in one array, as a volume needs them.
int64_t decode_with_dcmtk_to_volume() {
  const std::vector<fs::path> files = files_of_series();
  const size_t slice = pixels_of(files.front());
  const std::unique_ptr<Uint16[]> volume(new Uint16[slice * files.size()]);
  parallel_for(files.size(), [&](size_t f) {
    with_dcmtk_pixels(files[f], [&](std::span<const Uint16> pixels) {
      std::copy_n(pixels.begin(), std::min(slice, pixels.size()), volume.get() + f * slice);
    });
  });
  return sampled_sum(std::span<const Uint16>(volume.get(), slice * files.size()));
}

/// The least that any reader does that ends with all pixels in memory: the files' last bytes, which are the pixels of
/// this uncompressed series, read to where a volume has them, and nothing looked at.
int64_t read_bytes_to_volume() {
  const std::vector<fs::path> files = files_of_series();
  const size_t slice = pixels_of(files.front());
  VoxelArray<Uint16> volume(slice * files.size());
  parallel_for(files.size(), [&](size_t f) {
    const InputFile file(files[f]);
    file.read(file.size() - slice * sizeof(Uint16), volume.data() + f * slice, slice * sizeof(Uint16));
  });
  return sampled_sum(std::span<const Uint16>(volume.data(), volume.size()));
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
    sum += sampled_sum<int16_t>(hu.values());
  }
  return sum;
}

/// The least of the runs so far: other work on the machine only ever adds. Seconds of processor time count all threads
/// and leave out the waiting for a processor that others hold; on one thread and a quiet machine both are the same.
struct Least {
  double wall = std::numeric_limits<double>::infinity(), processor = wall;

  template <class Work>
  void time(const Work& work) {
    const auto start = std::chrono::steady_clock::now();
    const std::clock_t used = std::clock();
    benchmark::DoNotOptimize(work());
    processor = std::min(processor, double(std::clock() - used) / CLOCKS_PER_SEC);
    wall = std::min(wall, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
};

/// All in turn on the same number of threads (0 is all), so that a busy machine slows all. Of each: seconds of the
/// clock, of processor time (_cpu), and its processor time / that of DCMTK with nothing kept (_ratio).
void ingest_over_dcmtk(benchmark::State& state) {
  set_thread_count(int(state.range(0)));
  series_folder();
  Least dcmtk, kept, bytes, headers, hu, phase;
  for (auto _ : state) {
    dcmtk.time(decode_with_dcmtk);
    kept.time(decode_with_dcmtk_to_volume);
    bytes.time(read_bytes_to_volume);
    headers.time(headers_alone);
    hu.time([] { return ingest_to_hu(false); });
    phase.time([] { return ingest_to_hu(true); });
  }
  const auto report = [&](const std::string& name, const Least& least) {
    state.counters[name] = least.wall;
    state.counters[name + "_cpu"] = least.processor;
    state.counters[name + "_ratio"] = least.processor / dcmtk.processor;
  };
  report("dcmtk", dcmtk);
  report("dcmtk_kept", kept);
  report("bytes_kept", bytes);
  report("headers", headers);
  report("ingest", hu);
  report("ingest_phase", phase);
}
BENCHMARK(ingest_over_dcmtk)->ArgName("threads")->Arg(1)->Arg(0)->Iterations(5)->Unit(benchmark::kSecond);

}  // namespace
}  // namespace hepatica
