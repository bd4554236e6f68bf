#include "evaluate/named_output.h"

namespace hepatica {

void write_outputs(const fs::path& folder,
                   const std::vector<NamedCsv>& tables,
                   const std::vector<NamedDrawing>& figures) {
  for (const NamedCsv& table : tables) write_file(folder / table.name, table.text);
  for (const NamedDrawing& figure : figures) draw::write_drawing(figure.drawing, folder, figure.name);
}

std::string csv_value(std::optional<double> value) { return value ? draw::csv_number(*value) : ""; }

std::string value_text(const stats::Estimate& estimate, int digits) {
  const std::string text = stats::text_from_estimate(estimate, digits);
  return estimate.value ? text.substr(0, text.rfind(", n = ")) : text;
}

}  // namespace hepatica
