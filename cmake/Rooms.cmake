# One static library a room, with the links that src/rooms.txt allows, and one test program a room that has tests.
set(HEPATICA_LIBS_base dep_base)
set(HEPATICA_LIBS_image dep_itk)
set(HEPATICA_LIBS_nn dep_torch)
# OpenJPEG before ITK, which carries an old openjpeg.h of its own.
set(HEPATICA_LIBS_io dep_openjpeg dep_dcmtk dep_itk dep_zip dep_pictures)
set(HEPATICA_LIBS_draw dep_cairo)
set(HEPATICA_LIBS_cmd dep_cli)
set(HEPATICA_TORCH_ROOMS nn engine train)

add_library(hepatica_flags INTERFACE)
target_compile_options(hepatica_flags INTERFACE -Wall -Wextra -Werror -Wshadow -Wnon-virtual-dtor -Wno-psabi)
target_include_directories(hepatica_flags INTERFACE "${CMAKE_SOURCE_DIR}/src" "${HEPATICA_GENERATED_DIR}")
target_compile_definitions(hepatica_flags INTERFACE
  "HEPATICA_SOURCE_DIR=\"${CMAKE_SOURCE_DIR}\"" $<$<CONFIG:Debug>:HEPATICA_ASSERTS>)
if(HEPATICA_SANITIZE)
  target_compile_options(hepatica_flags INTERFACE -fsanitize=${HEPATICA_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(hepatica_flags INTERFACE -fsanitize=${HEPATICA_SANITIZE})
  target_compile_definitions(hepatica_flags INTERFACE HEPATICA_ASSERTS)
endif()

function(hepatica_room_target room out_var)
  string(REPLACE "/" "_" flat "${room}")
  set(${out_var} "hepatica_${flat}" PARENT_SCOPE)
endfunction()

# Torch's headers take 15 s to parse: one precompiled header, made in nn, serves every room that sees them.
function(hepatica_use_torch_pch target room)
  if(room STREQUAL "nn")
    target_precompile_headers(${target} PRIVATE <torch/torch.h>)
  elseif(room IN_LIST HEPATICA_TORCH_ROOMS)
    target_precompile_headers(${target} REUSE_FROM hepatica_nn)
  endif()
endfunction()

function(hepatica_add_room room dependencies)
  hepatica_room_target("${room}" target)
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/src/${room}/*.cc"
       "${CMAKE_SOURCE_DIR}/src/${room}/commands/*.cc")
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$|/main\\.cc$")
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  if(room STREQUAL "cmd")
    hepatica_generate_command_table(table)
    list(APPEND sources "${table}")
  endif()
  set(kind PUBLIC)
  if(sources)
    add_library(${target} STATIC ${sources})
  else()
    add_library(${target} INTERFACE)
    set(kind INTERFACE)
  endif()
  string(REPLACE "/" "_" flat "${room}")
  target_link_libraries(${target} ${kind} hepatica_flags ${HEPATICA_LIBS_${flat}})
  foreach(dependency ${dependencies})
    hepatica_room_target("${dependency}" dependency_target)
    target_link_libraries(${target} ${kind} ${dependency_target})
  endforeach()
  if(sources)
    hepatica_use_torch_pch(${target} "${room}")
  endif()
  if(tests)
    add_executable(${flat}_test ${tests})
    target_link_libraries(${flat}_test PRIVATE ${target} GTest::gtest_main)
    hepatica_use_torch_pch_for_test(${flat}_test "${room}")
    add_test(NAME ${flat} COMMAND ${flat}_test)
    set_tests_properties(${flat} PROPERTIES SKIP_REGULAR_EXPRESSION "all tests skipped")
  endif()
endfunction()

function(hepatica_use_torch_pch_for_test target room)
  if(room IN_LIST HEPATICA_TORCH_ROOMS)
    target_precompile_headers(${target} REUSE_FROM hepatica_nn)
  endif()
endfunction()

function(hepatica_add_rooms table)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${table}")
  file(STRINGS "${table}" lines REGEX "^[a-z]")
  foreach(line ${lines})
    string(REGEX MATCH "^([a-z/]+) :(.*)$" matched "${line}")
    set(room "${CMAKE_MATCH_1}")
    string(STRIP "${CMAKE_MATCH_2}" dependencies)
    string(REPLACE " " ";" dependencies "${dependencies}")
    hepatica_add_room("${room}" "${dependencies}")
  endforeach()
endfunction()

function(hepatica_add_program)
  execute_process(COMMAND git -C "${CMAKE_SOURCE_DIR}" rev-parse --short=12 HEAD
                  OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  hepatica_write_if_changed("${HEPATICA_GENERATED_DIR}/cmd/build_info.h"
"// Generated at configuration.
#pragma once
namespace hepatica::cmd {
inline constexpr char kVersion[] = \"${PROJECT_VERSION}\";
inline constexpr char kCommit[] = \"${commit}\";
inline constexpr char kLibraries[] =
    \"LibTorch ${Torch_VERSION}, ITK ${ITK_VERSION}, DCMTK ${DCMTK_VERSION}, cairo ${CAIRO_cairo_VERSION}\";
}  // namespace hepatica::cmd
")
  add_executable(hepatica src/cmd/main.cc)
  target_link_libraries(hepatica PRIVATE hepatica_cmd)
endfunction()
