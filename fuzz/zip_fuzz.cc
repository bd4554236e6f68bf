// ZIP archives: any bytes are unpacked below the folder or give an Error.
#include <cstdlib>

#include "input_path.h"
#include "io/zip_read.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace hepatica;
  const fs::path archive = input_path(data, size, "archive.zip");
  const TemporaryFolder outer;
  may_refuse([&] { unpack_zip(archive, outer.path() / "inner"); });
  for (const auto& entry : fs::directory_iterator(outer.path()))
    if (entry.path().filename() != "inner") std::abort();  // written outside
  return 0;
}
