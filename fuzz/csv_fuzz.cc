// CSV text: any bytes give a table whose rows are as long as its header, or an Error.
#include <cstdlib>

#include "base/csv.h"
#include "input_path.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace hepatica;
  may_refuse([&] {
    const CsvTable table = parse_csv({reinterpret_cast<const char*>(data), size}, "fuzz.csv");
    for (const CsvTable::Row& row : table.rows)
      if (row.cells.size() != table.header.size()) std::abort();
  });
  return 0;
}
