# SPDX-License-Identifier: Apache-2.0
# Headers that are parsed once and not once per file: nine tenths of what a small file costs are the
# standard library, Abseil, protobuf and gRPC.
#
#   loadline_unity(target... [ALONE source...])   targets that are built from a few large files
#   loadline_parse_once(NAME LIBRARIES lib... HEADERS header...)   a set of precompiled headers
#   loadline_use(NAME target...)                  targets of single files that begin with that set
#
# A unity build is the cheaper of the two: reading a precompiled header costs a third of parsing it.
# Its price: one name in the anonymous namespaces of two files of a target is an error. Rename one;
# often the two are one fact that belongs in a header.
#
# LOADLINE_FAST_BUILD=OFF builds each file alone, as `make lint-threads` does: a file that includes
# too little compiles here and fails there. `make bench-build` measures what all this is worth.
option(LOADLINE_FAST_BUILD "Precompiled headers and unity builds" ${PROJECT_IS_TOP_LEVEL})
# Sources of one unity file: fewer would parse more often, more would leave a core without work and
# make an edit compile longer.
set(LOADLINE_UNITY_FILES 12 CACHE STRING "Sources that are compiled as one file")

function(loadline_parse_once name)
  cmake_parse_arguments(ARG "" "" "LIBRARIES;HEADERS;OPTIONS" ${ARGN})
  if(NOT LOADLINE_FAST_BUILD)
    return()
  endif()
  set(source ${CMAKE_CURRENT_BINARY_DIR}/${name}_headers.cc)
  file(CONFIGURE OUTPUT ${source} CONTENT "// Empty: the precompiled headers of the set ${name} belong to a target.\n")
  list(TRANSFORM ARG_HEADERS PREPEND "<")
  list(TRANSFORM ARG_HEADERS APPEND ">")
  add_library(loadline_headers_${name} OBJECT ${source})
  target_compile_features(loadline_headers_${name} PRIVATE cxx_std_20)
  target_compile_options(loadline_headers_${name} PRIVATE ${ARG_OPTIONS})
  target_link_libraries(loadline_headers_${name} PRIVATE ${ARG_LIBRARIES})
  target_precompile_headers(loadline_headers_${name} PRIVATE ${ARG_HEADERS})
endfunction()

function(loadline_use name)
  if(LOADLINE_FAST_BUILD)
    foreach(target IN LISTS ARGN)
      target_precompile_headers(${target} REUSE_FROM loadline_headers_${name})
    endforeach()
  endif()
endfunction()

# ALONE names the sources whose anonymous namespaces share a name with another file's.
function(loadline_unity target)
  cmake_parse_arguments(ARG "" "" "ALONE" ${ARGN})
  if(LOADLINE_FAST_BUILD)
    foreach(each IN LISTS target ARG_UNPARSED_ARGUMENTS)
      set_target_properties(${each} PROPERTIES
        UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE ${LOADLINE_UNITY_FILES})
    endforeach()
    set_source_files_properties(${ARG_ALONE} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  endif()
endfunction()
