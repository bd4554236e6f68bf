// What a command declares, and what it is run with.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace hepatica::cmd {

/// Options that every command has.
struct Common {
  bool json = false;   ///< one JSON document on standard output and nothing else
  bool quiet = false;  ///< no progress, warnings only
  int threads = 0;     ///< 0: all processors
  uint64_t seed = 0;
};

/// One command: `declare` adds its own arguments to `app` and returns what runs it.
///
///     Command declare_ingest() {
///       return {"ingest", "The series table of a study", "hepatica ingest /data/patient7", declare};
///     }
struct Command {
  std::string name;
  std::string purpose;  ///< one sentence
  std::string example;  ///< shell lines
  /// The function it returns does the work and gives the process's exit status.
  std::function<std::function<int(const Common&)>(CLI::App& app)> declare;
};

/// Every command, from the file list of src/cmd/commands (generated).
std::vector<Command> all_commands();

/// Writes a document to standard output, as --json promises.
void print_json(const nlohmann::json& document);

/// A table with aligned columns on standard output; the first row is the header.
void print_table(const std::vector<std::vector<std::string>>& rows);

}  // namespace hepatica::cmd
