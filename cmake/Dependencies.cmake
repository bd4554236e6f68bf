# Finds what Debian 12 ships, and turns each library into one interface target `dep_<name>` that rooms name.
find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  # Precompiled headers carry time stamps, and several checkouts share one cache.
  set(ccache_launcher "${CMAKE_COMMAND}" -E env
      "CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime"
      "CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}" "CCACHE_NOHASHDIR=1" "${CCACHE_PROGRAM}")
  set(CMAKE_CXX_COMPILER_LAUNCHER ${ccache_launcher})
  set(CMAKE_C_COMPILER_LAUNCHER ${ccache_launcher})
endif()

find_package(Threads REQUIRED)
find_package(ZLIB REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(CLI11 REQUIRED)
find_package(GTest REQUIRED)
find_package(benchmark REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(CAIRO REQUIRED IMPORTED_TARGET cairo pangocairo)
pkg_check_modules(LIBZIP REQUIRED IMPORTED_TARGET libzip)
pkg_check_modules(OPENJPEG REQUIRED IMPORTED_TARGET libopenjp2)
pkg_check_modules(PNG REQUIRED IMPORTED_TARGET libpng)
pkg_check_modules(JPEG REQUIRED IMPORTED_TARGET libjpeg)
find_package(Torch REQUIRED)
find_package(ITK REQUIRED COMPONENTS ITKCommon ITKImageGrid ITKImageIntensity ITKThresholding ITKSmoothing
             ITKConnectedComponents ITKLabelMap ITKBinaryMathematicalMorphology ITKDistanceMap ITKIONIFTI
             ITKIONRRD ITKIOMeta ITKIOImageBase ITKImageFunction ITKTransform)
find_package(DCMTK REQUIRED)

function(hepatica_dependency name)
  cmake_parse_arguments(arg "" "" "LIBS;INCLUDES;OPTIONS" ${ARGN})
  add_library(dep_${name} INTERFACE)
  target_link_libraries(dep_${name} INTERFACE ${arg_LIBS})
  target_include_directories(dep_${name} SYSTEM INTERFACE ${arg_INCLUDES})
  target_compile_options(dep_${name} INTERFACE ${arg_OPTIONS})
endfunction()

hepatica_dependency(base LIBS fmt::fmt spdlog::spdlog nlohmann_json::nlohmann_json yaml-cpp OpenSSL::Crypto
                    Threads::Threads)
separate_arguments(torch_flags UNIX_COMMAND "${TORCH_CXX_FLAGS}")
hepatica_dependency(torch LIBS ${TORCH_LIBRARIES} INCLUDES ${TORCH_INCLUDE_DIRS} OPTIONS ${torch_flags})
hepatica_dependency(itk LIBS ${ITK_LIBRARIES} INCLUDES ${ITK_INCLUDE_DIRS})
hepatica_dependency(dcmtk LIBS ${DCMTK_LIBRARIES} INCLUDES ${DCMTK_INCLUDE_DIRS})
hepatica_dependency(zip LIBS PkgConfig::LIBZIP ZLIB::ZLIB)
hepatica_dependency(openjpeg LIBS PkgConfig::OPENJPEG)
hepatica_dependency(pictures LIBS PkgConfig::PNG PkgConfig::JPEG)
hepatica_dependency(cairo LIBS PkgConfig::CAIRO)
hepatica_dependency(cli LIBS CLI11::CLI11)
