# Writes the sources that are derived from data, so that no list is kept by hand.
set(HEPATICA_GENERATED_DIR "${CMAKE_BINARY_DIR}/generated")

function(hepatica_write_if_changed path content)
  if(EXISTS "${path}")
    file(READ "${path}" old)
  endif()
  if(NOT "${old}" STREQUAL "${content}")
    file(WRITE "${path}" "${content}")
  endif()
endfunction()

# base/error_codes.h from src/base/error_codes.json: the enum, and the exit code and HTTP status of each code.
function(hepatica_generate_error_codes)
  set(source "${CMAKE_SOURCE_DIR}/src/base/error_codes.json")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${source}")
  file(READ "${source}" table)
  string(JSON count LENGTH "${table}")
  math(EXPR last "${count} - 1")
  set(names "")
  set(rows "")
  foreach(i RANGE ${last})
    string(JSON name GET "${table}" ${i} name)
    string(JSON exit_status GET "${table}" ${i} exit)
    string(JSON http_status GET "${table}" ${i} http)
    string(JSON meaning GET "${table}" ${i} meaning)
    string(APPEND names "  ${name},  ///< ${meaning}\n")
    string(APPEND rows "    {ErrorCode::${name}, \"${name}\", ${exit_status}, ${http_status}},\n")
  endforeach()
  hepatica_write_if_changed("${HEPATICA_GENERATED_DIR}/base/error_codes.h"
"// Generated from src/base/error_codes.json.
#pragma once
#include <array>
#include <string_view>
namespace hepatica {
enum class ErrorCode {
${names}};
struct ErrorCodeRow {
  ErrorCode code;
  std::string_view name;
  int exit_status;
  int http_status;
};
inline constexpr std::array<ErrorCodeRow, ${count}> kErrorCodes{{
${rows}}};
}  // namespace hepatica
")
endfunction()

# cmd/command_table.cc from the files of src/cmd: `src/cmd/<verb>.cc` defines `Command declare_<verb>()`.
function(hepatica_generate_command_table out_var)
  file(GLOB files CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/src/cmd/commands/*.cc")
  list(FILTER files EXCLUDE REGEX "_test\\.cc$")
  set(declarations "")
  set(calls "")
  foreach(file ${files})
    get_filename_component(verb "${file}" NAME_WE)
    string(APPEND declarations "Command declare_${verb}();\n")
    string(APPEND calls "  commands.push_back(declare_${verb}());\n")
  endforeach()
  hepatica_write_if_changed("${HEPATICA_GENERATED_DIR}/cmd/command_table.cc"
"// Generated from the file list of src/cmd/commands.
#include \"cmd/command.h\"
namespace hepatica::cmd {
${declarations}
std::vector<Command> all_commands() {
  std::vector<Command> commands;
${calls}  return commands;
}
}  // namespace hepatica::cmd
")
  set(${out_var} "${HEPATICA_GENERATED_DIR}/cmd/command_table.cc" PARENT_SCOPE)
endfunction()

# base/source_folder.h: a definition on the command line would keep checkouts from sharing a compiler cache.
hepatica_write_if_changed("${HEPATICA_GENERATED_DIR}/base/source_folder.h"
"// Generated at configuration.
#pragma once
namespace hepatica {
/// The checkout that this program was built from.
inline constexpr char kSourceFolder[] = \"${CMAKE_SOURCE_DIR}\";
}  // namespace hepatica
")
hepatica_generate_error_codes()
