#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <memory>
#include <new>

#include "base/error.h"
#include "base/log.h"
#include "base/progress.h"
#include "base/threads.h"
#include "cmd/build_info.h"
#include "cmd/command.h"
#include "cmd/reference.h"

namespace hepatica::cmd {
namespace {

struct Declared {
  std::string name;
  CLI::App* app;
  std::function<int(const Common&)> run;
  std::shared_ptr<Common> common;
};

void add_common_options(CLI::App& app, Common& common) {
  app.add_flag("--json", common.json, "print one JSON document to standard output and nothing else there");
  app.add_flag("--quiet", common.quiet, "no progress; warnings and errors only");
  app.add_option("--threads", common.threads, "threads to use; 0 means all processors")->check(CLI::Range(0, 4096));
  app.add_option("--seed", common.seed, "seed of everything that is random");
}

std::vector<Declared> declare_all(CLI::App& program) {
  std::vector<Declared> declared;
  for (const Command& command : all_commands()) {
    CLI::App* app = program.add_subcommand(command.name, command.purpose);
    app->footer("Example:\n  " + command.example);
    auto common = std::make_shared<Common>();
    auto run = command.declare(*app);
    add_common_options(*app, *common);
    declared.push_back({command.name, app, std::move(run), std::move(common)});
  }
  return declared;
}

int fail(const Error& error) {
  const ErrorCodeRow& row = describe(error.code());
  std::fputs(fmt::format("hepatica: {} [{}]\n", error.what(), row.name).c_str(), stderr);
  return row.exit_status;
}

int run_command(const Declared& command) {
  const Common& common = *command.common;
  set_up_logging(common.quiet);
  set_thread_count(common.threads);
  if (!common.quiet) set_progress_sink(standard_error_progress());
  try {
    return command.run(common);
  } catch (const Error& error) {
    return fail(error);
  } catch (const std::bad_alloc&) {
    return fail(
        Error(ErrorCode::out_of_memory, "not enough memory for this work; close other programs or use fewer threads"));
  } catch (const std::exception& problem) {
    return fail(
        Error(ErrorCode::internal, fmt::format("a defect of this program: {}; please report it", problem.what())));
  }
}

int run(int argc, char** argv) {
  CLI::App program(
      "Hepatica: diagnosis of focal liver lesions from multi-phase CT. For research use only; not a medical device.");
  program.set_version_flag("--version", fmt::format("hepatica {} ({})\n{}", kVersion, kCommit, kLibraries));
  program.require_subcommand(0, 1);
  std::string docs_folder;
  program.add_option("--docs", docs_folder, "write the command reference as Markdown into this folder");
  const std::vector<Declared> commands = declare_all(program);
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& problem) {
    const int status = program.exit(problem);
    return status == 0 ? 0 : describe(ErrorCode::usage).exit_status;
  }
  if (!docs_folder.empty()) return write_reference(program, docs_folder);
  for (const Declared& command : commands)
    if (command.app->parsed()) return run_command(command);
  std::fputs(program.help().c_str(), stdout);
  return 0;
}

}  // namespace
}  // namespace hepatica::cmd

int main(int argc, char** argv) {
  std::signal(SIGINT, [](int) { hepatica::request_interrupt(); });
  std::signal(SIGTERM, [](int) { hepatica::request_interrupt(); });
  return hepatica::cmd::run(argc, argv);
}
