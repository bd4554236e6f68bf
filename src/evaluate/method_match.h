// Several tables of predictions brought to one order of classes and cases.
#pragma once

#include <string>
#include <vector>

#include "evaluate/prediction_table.h"

namespace hepatica {

/// Up to ten faults in one message, each on a line of its own.
class FaultList {
 public:
  void add(const std::string& text);
  bool empty() const { return count_ == 0; }
  /// Error{bad_manifest} with the faults, where there are any.
  void raise() const;

 private:
  std::vector<std::string> texts_;
  size_t count_ = 0;
};

/// The tables with the classes of all in one order: that of the first table with scores, or sorted where there are
/// labels alone. Error{bad_manifest} where a table has a class that another with scores lacks.
std::vector<PredictionTable> same_classes(std::vector<PredictionTable> tables);

/// The tables with the same cases in the order of the first. Error{bad_manifest} lists up to ten cases that a table
/// lacks or for which it has another truth.
std::vector<PredictionTable> same_cases(std::vector<PredictionTable> tables);

/// "model_a" for ".../model_a.csv"; where several files have the same name, their paths as given.
std::vector<std::string> method_names(const std::vector<std::string>& files);

}  // namespace hepatica
