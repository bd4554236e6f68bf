// Data that several tests of this room share.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "base/csv.h"
#include "base/files.h"
#include "stats/matrix.h"
#include "stats/survival_data.h"

namespace hepatica::stats {

/// Maintenance chemotherapy in acute myelogenous leukaemia (Miller, Survival Analysis, 1981): the first 11 cases had
/// it.
inline SurvivalData leukaemia() {
  return {{9, 13, 13, 18, 23, 28, 31, 34, 45, 48, 161, 5, 5, 8, 8, 12, 16, 23, 27, 30, 33, 43, 45},
          {1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 0, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1}};
}
inline constexpr size_t kMaintained = 11;

/// The Veterans' Administration lung cancer trial (Kalbfleisch and Prentice 2002, appendix A).
struct Veteran {
  SurvivalData data;
  std::vector<uint32_t> treatment, cell;  ///< cell: squamous, smallcell, adeno, large
  std::vector<double> karnofsky, months, age, prior;

  /// treatment (1, 2), Karnofsky score, months from diagnosis, age, prior therapy (0, 10), then the cells but the
  /// first.
  Matrix covariates() const {
    Matrix x(data.size(), 8);
    for (size_t i = 0; i < x.rows; ++i) {
      const double row[] = {1.0 + treatment[i], karnofsky[i], months[i], age[i], prior[i]};
      std::copy(std::begin(row), std::end(row), &x(i, 0));
      if (cell[i] > 0) x(i, 4 + cell[i]) = 1;
    }
    return x;
  }
};

/// Nothing where the test data are missing.
inline std::optional<Veteran> read_veteran() {
  const fs::path file = test_data_folder() / "stats_reference/survival/veteran.arff";
  if (test_data_folder().empty() || !fs::exists(file)) return std::nullopt;
  const std::string text = read_file(file);
  const CsvTable table = parse_csv(
      "treatment,cell,time,status,karnofsky,months,age,prior" + text.substr(text.find("@data") + 5), file.string());
  const std::vector<std::string> cells{"squamous", "smallcell", "adeno", "large"};
  Veteran veteran;
  for (const CsvTable::Row& row : table.rows) {
    veteran.treatment.push_back(row.cells[0] == "test");
    veteran.cell.push_back(uint32_t(std::find(cells.begin(), cells.end(), row.cells[1]) - cells.begin()));
    veteran.data.time.push_back(std::stod(row.cells[2]));
    veteran.data.event.push_back(row.cells[3] == "dead");
    veteran.karnofsky.push_back(std::stod(row.cells[4]));
    veteran.months.push_back(std::stod(row.cells[5]));
    veteran.age.push_back(std::stod(row.cells[6]));
    veteran.prior.push_back(row.cells[7] == "yes" ? 10 : 0);
  }
  return veteran;
}

}  // namespace hepatica::stats
