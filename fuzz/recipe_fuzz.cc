// Recipes: any bytes give a document or an Error.
#include "base/options.h"
#include "input_path.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace hepatica;
  const fs::path path = input_path(data, size, "recipe.yaml");
  may_refuse([&] {
    const Block recipe = load_recipe(path.string(), {path.parent_path()});
    json_from_block(recipe).dump();
    OptionReader reader(recipe.child("stages").child("detect").child("options"));
    reader.number("score", 0.5, 0, 1);
    reader.finish();
  });
  return 0;
}
