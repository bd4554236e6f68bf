// Tables and figures of an analysis with their files' names.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "draw/drawing.h"
#include "stats/estimate.h"

namespace hepatica {

struct NamedCsv {
  std::string name, text;  ///< the name with ".csv"
};

struct NamedDrawing {
  std::string name;  ///< without an ending
  draw::Drawing drawing;
};

/// Writes each table, and each figure as SVG, PDF, PNG and CSV. Error{write_failed}.
void write_outputs(const fs::path& folder,
                   const std::vector<NamedCsv>& tables,
                   const std::vector<NamedDrawing>& figures);

/// A cell of a CSV: nine significant digits, empty where there is no value.
std::string csv_value(std::optional<double> value);

/// "0.942 (0.901 to 0.967)", or "undefined (reason)": an estimate without its n.
std::string value_text(const stats::Estimate& estimate, int digits);

}  // namespace hepatica
