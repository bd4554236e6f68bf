#include "cmd/reference.h"

#include <fmt/format.h>

#include "base/files.h"

namespace hepatica::cmd {

int write_reference(const CLI::App& program, const std::filesystem::path& folder) {
  std::string index = "# Commands\n\nWritten by `hepatica --docs`; do not edit.\n\n| command | does |\n|---|---|\n";
  for (const CLI::App* command : program.get_subcommands([](const CLI::App*) { return true; })) {
    const std::string name = command->get_name();
    index += fmt::format("| [`hepatica {0}`]({0}.md) | {1} |\n", name, command->get_description());
    write_file(folder / (name + ".md"),
               fmt::format("# hepatica {}\n\n```text\n{}```\n", name, command->help("hepatica " + name)));
  }
  write_file(folder / "README.md", index);
  return 0;
}

}  // namespace hepatica::cmd
