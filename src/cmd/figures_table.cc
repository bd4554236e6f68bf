#include "cmd/figures_table.h"

#include <fmt/format.h>

namespace hepatica::cmd {

std::vector<std::vector<std::string>> table_of_figures(const nlohmann::json& figures) {
  std::vector<std::vector<std::string>> rows{{"figure", "value", "lower", "upper", "n"}};
  const auto shown = [](const nlohmann::json& value) {
    return value.is_number() ? fmt::format("{:.3f}", value.get<double>()) : std::string("-");
  };
  for (const auto& [name, e] : figures.items())
    rows.push_back({name, shown(e["value"]), shown(e["lower"]), shown(e["upper"]), std::to_string(e.value("n", 0))});
  return rows;
}

}  // namespace hepatica::cmd
