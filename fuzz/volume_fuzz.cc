// NIfTI, NRRD and MetaImage files: any bytes give a volume or an Error. The first bytes tell which reader is meant.
#include "input_path.h"
#include "io/volume_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace hepatica;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const char* name = bytes.starts_with("NRRD") ? "a.nrrd" : bytes.starts_with("ObjectType") ? "a.mha" : "a.nii";
  const fs::path path = input_path(data, size, name);
  may_refuse([&] { read_geometry(path); });
  may_refuse([&] { read_volume(path); });
  may_refuse([&] { read_mask(path); });
  return 0;
}
