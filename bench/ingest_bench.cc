// A 300-slice CT from files to a HU volume, beside reading its bytes and decoding them with DCMTK alone on one thread.
// The two are to be compared as they are printed: the first should take at most 1.5 times the second.
#include <benchmark/benchmark.h>
#include <dcmtk/config/osconfig.h>
// DCMTK's configuration comes first.
#include <dcmtk/dcmdata/dctk.h>

#include <algorithm>

#include "base/rng.h"
#include "io/dicom_ct_writer.h"
#include "io/dicom_read.h"
#include "stages/ingest/ingest.h"

namespace hepatica {
namespace {

const fs::path& series_folder() {
  static const TemporaryFolder folder;
  static const bool written = [] {
    Geometry geometry;
    geometry.size = {512, 512, 300};
    geometry.spacing = {0.7, 0.7, 1.0};
    Volume<int16_t> hu(geometry);
    Rng rng(1);
    for (int16_t& value : hu.values()) value = int16_t(rng.integer(-1024, 1500));
    write_ct_series(folder.path() / "series", hu, {});
    return true;
  }();
  benchmark::DoNotOptimize(written);
  return folder.path();
}

void ingest_to_volume(benchmark::State& state) {
  const fs::path folder = series_folder();
  IngestOptions options;
  options.phase_from_image = false;
  for (auto _ : state) {
    const Study study = ingest(folder, options);
    const Volume<int16_t> volume = study.series.at(0).load();
    benchmark::DoNotOptimize(volume.values().data());
  }
}
BENCHMARK(ingest_to_volume)->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime()->UseRealTime()->Iterations(5);

void dcmtk_alone(benchmark::State& state) {
  initialise_dicom();
  const fs::path folder = series_folder() / "series";
  for (auto _ : state) {
    int64_t sum = 0;
    for (const auto& entry : fs::directory_iterator(folder)) {
      DcmFileFormat content;
      const Uint16* pixels = nullptr;
      unsigned long count = 0;
      content.loadFile(OFFilename(entry.path().c_str()));
      content.getDataset()->findAndGetUint16Array(DCM_PixelData, pixels, &count);
      if (count > 0) sum += pixels[count / 2];
    }
    benchmark::DoNotOptimize(sum);
  }
}
BENCHMARK(dcmtk_alone)->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime()->UseRealTime()->Iterations(5);

}  // namespace
}  // namespace hepatica
