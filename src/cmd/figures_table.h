// Figures with intervals as a table on the terminal.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace hepatica::cmd {

/// Rows for `print_table` from {name: {"value", "lower", "upper", "n"}}; what is not known is "-".
std::vector<std::vector<std::string>> table_of_figures(const nlohmann::json& figures);

}  // namespace hepatica::cmd
