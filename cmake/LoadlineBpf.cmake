# SPDX-License-Identifier: Apache-2.0
# loadline_bpf_skeleton(TARGET name SOURCES a.bpf.c ...): one BPF object linked from the sources, and
# an interface target that finds its skeleton as "name.skel.h".
#
# vmlinux.h comes from the BTF of the kernel that runs the build. Where it has none, give either file:
#   -DLOADLINE_VMLINUX_BTF=PATH   a vmlinux, or the /sys/kernel/btf/vmlinux of another machine
#   -DLOADLINE_VMLINUX_H=PATH     a header that `bpftool btf dump file ... format c` wrote
# Either kernel serves: offsets are relocated when the program is loaded.
set(LOADLINE_VMLINUX_BTF "/sys/kernel/btf/vmlinux" CACHE FILEPATH "BTF to generate vmlinux.h from")
set(LOADLINE_VMLINUX_H "" CACHE FILEPATH "A ready vmlinux.h; LOADLINE_VMLINUX_BTF is not read then")
set(LOADLINE_BPF_FLAGS "" CACHE STRING "Further compiler flags for BPF programs")
find_program(LOADLINE_CLANG NAMES clang clang-14 REQUIRED)
find_program(LOADLINE_BPFTOOL NAMES bpftool PATHS /usr/sbin /sbin REQUIRED)

string(TOLOWER ${CMAKE_SYSTEM_PROCESSOR} _loadline_machine)
if(_loadline_machine MATCHES "^(aarch64|arm64)$")
  set(_loadline_machine arm64)
else()
  set(_loadline_machine x86)
endif()
set(LOADLINE_BPF_ARCH ${_loadline_machine} CACHE STRING "Machine of the kernel: x86 or arm64")

function(_loadline_vmlinux_h dir)
  get_property(done GLOBAL PROPERTY LOADLINE_VMLINUX_IN_${dir})
  if(done)
    return()
  endif()
  set_property(GLOBAL PROPERTY LOADLINE_VMLINUX_IN_${dir} TRUE)
  if(LOADLINE_VMLINUX_H)
    if(NOT EXISTS ${LOADLINE_VMLINUX_H})
      message(FATAL_ERROR "LOADLINE_VMLINUX_H: no such file: ${LOADLINE_VMLINUX_H}")
    endif()
    configure_file(${LOADLINE_VMLINUX_H} ${dir}/vmlinux.h COPYONLY)
    return()
  endif()
  if(NOT EXISTS ${LOADLINE_VMLINUX_BTF})
    message(FATAL_ERROR "No BTF at ${LOADLINE_VMLINUX_BTF}. This kernel was built without "
      "CONFIG_DEBUG_INFO_BTF; give -DLOADLINE_VMLINUX_BTF=PATH (BTF of another kernel) or "
      "-DLOADLINE_VMLINUX_H=PATH (a ready vmlinux.h). docs/kernel.md says how to get one.")
  endif()
  add_custom_command(OUTPUT ${dir}/vmlinux.h
    COMMAND ${LOADLINE_BPFTOOL} btf dump file ${LOADLINE_VMLINUX_BTF} format c > vmlinux.h.part
    COMMAND ${CMAKE_COMMAND} -E rename vmlinux.h.part vmlinux.h
    WORKING_DIRECTORY ${dir}
    COMMENT "vmlinux.h from ${LOADLINE_VMLINUX_BTF}")
endfunction()

function(loadline_bpf_skeleton)
  cmake_parse_arguments(ARG "" "TARGET" "SOURCES;INCLUDES" ${ARGN})
  set(dir ${CMAKE_CURRENT_BINARY_DIR}/gen)
  file(MAKE_DIRECTORY ${dir})
  _loadline_vmlinux_h(${dir})

  separate_arguments(flags UNIX_COMMAND "${LOADLINE_BPF_FLAGS}")
  list(TRANSFORM ARG_INCLUDES PREPEND -I)
  set(objects)
  foreach(source IN LISTS ARG_SOURCES)
    get_filename_component(name ${source} NAME_WE)
    set(object ${dir}/${name}.bpf.o)
    add_custom_command(OUTPUT ${object}
      COMMAND ${LOADLINE_CLANG} -g -O2 -target bpf -mcpu=v3 -Wall
        -D__TARGET_ARCH_${LOADLINE_BPF_ARCH} ${flags} ${ARG_INCLUDES} -isystem ${dir}
        -MD -MF ${object}.d -c ${CMAKE_CURRENT_SOURCE_DIR}/${source} -o ${object}
      DEPENDS ${source} ${dir}/vmlinux.h
      DEPFILE ${object}.d
      COMMENT "BPF ${name}")
    list(APPEND objects ${object})
  endforeach()

  add_custom_command(OUTPUT ${dir}/${ARG_TARGET}.skel.h
    COMMAND ${LOADLINE_BPFTOOL} gen object ${dir}/${ARG_TARGET}.o ${objects}
    COMMAND ${LOADLINE_BPFTOOL} gen skeleton ${dir}/${ARG_TARGET}.o name ${ARG_TARGET}
      > ${dir}/${ARG_TARGET}.skel.h.part
    COMMAND ${CMAKE_COMMAND} -E rename ${dir}/${ARG_TARGET}.skel.h.part ${dir}/${ARG_TARGET}.skel.h
    DEPENDS ${objects}
    COMMENT "Skeleton ${ARG_TARGET}.skel.h")
  add_custom_target(${ARG_TARGET}_skeleton DEPENDS ${dir}/${ARG_TARGET}.skel.h)
  add_library(${ARG_TARGET} INTERFACE)
  add_dependencies(${ARG_TARGET} ${ARG_TARGET}_skeleton)
  target_include_directories(${ARG_TARGET} SYSTEM INTERFACE ${dir})  # Generated: not our warnings.
endfunction()
