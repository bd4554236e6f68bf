// The command reference, written from the declarations themselves.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>

namespace hepatica::cmd {

/// Writes `<folder>/<command>.md` for each command and `README.md` that lists them. Returns the exit status.
int write_reference(const CLI::App& program, const std::filesystem::path& folder);

}  // namespace hepatica::cmd
