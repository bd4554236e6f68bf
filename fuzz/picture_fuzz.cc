// PNG, JPEG and BMP files: any bytes give grey values or an Error.
#include "input_path.h"
#include "io/picture.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace hepatica;
  const fs::path path = input_path(data, size, "picture");
  may_refuse([&] { read_picture(path); });
  return 0;
}
