// The table of a reader study: who read which case, in which modality, and what they said.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/csv.h"
#include "evaluate/prediction_table.h"

namespace hepatica {

/// What one reader said of one case in one modality.
struct Reading {
  int said = 0;                      ///< class number
  std::optional<double> confidence;  ///< as in the table
};

/// All readings of a study. Cases, readers and modalities stand in the order of first occurrence.
struct ReadingTable {
  std::string file, sha256;
  std::vector<std::string> classes;  ///< of truth and readings: sorted, or in the order asked for
  std::vector<std::string> case_ids, readers, modalities;
  std::vector<std::string> levels;               ///< of each reader, such as "senior"; empty where there is none
  std::vector<int> truth;                        ///< class number per case
  bool has_confidence = false;                   ///< every reading has one
  std::vector<std::optional<Reading>> readings;  ///< [modality][reader][case]
  std::vector<std::string> warnings;

  size_t place(size_t modality, size_t reader, size_t of_case) const {
    return (modality * readers.size() + reader) * case_ids.size() + of_case;
  }
  const std::optional<Reading>& at(size_t modality, size_t reader, size_t of_case) const {
    return readings[place(modality, reader, of_case)];
  }
};

/// Reads `case_id, truth, reader, reading`, optional `confidence` (a finite number), `level` (one per reader) and
/// `modality` (such as unaided and aided). `order` gives the classes in their order, for weighted kappa. Error
/// {bad_manifest} lists up to ten rows with the mend: an empty cell, a case with two truths, a reader with two levels,
/// a case read twice by one reader in one modality, a confidence that is no number, a label that is not in `order`. A
/// class that no case has, or that no reader ever named, is a warning.
ReadingTable read_readings(const std::filesystem::path& path, const std::vector<std::string>& order);
ReadingTable readings_from_table(const CsvTable& table, const std::vector<std::string>& order);

/// Number of a reader. Error{bad_manifest} names those that are there.
size_t reader_number(const ReadingTable& table, const std::string& name);

/// The class that statistics of two classes speak of. Errors of `positive_class`.
std::string positive_name(const ReadingTable& table, const std::string& wanted);

/// The table with the predictions of a method as one more reader, in every modality the same; its confidence is the
/// probability of the class it says, or of `confidence_class` where that is not empty. Error{bad_manifest} lists up to
/// ten cases without prediction or with another truth, and a name that a reader has.
ReadingTable with_method(const ReadingTable& table,
                         const PredictionTable& predictions,
                         const std::string& name,
                         const std::string& confidence_class = "");

}  // namespace hepatica
