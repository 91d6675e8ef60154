# SPDX-License-Identifier: Apache-2.0
# The kernel/user contract, and lists that several languages share: as C11 without hidden padding, against C++ and the wire, and for arm64.
add_library(abi_c11 OBJECT abi.c)
target_link_libraries(abi_c11 PRIVATE loadline::abi)
set_target_properties(abi_c11 PROPERTIES C_STANDARD 11 C_EXTENSIONS OFF)
target_compile_options(abi_c11 PRIVATE -Wpadded)

find_package(Protobuf REQUIRED)
find_package(gRPC REQUIRED CONFIG)
add_executable(wait_reason_test wait_reason_test.cc)
target_link_libraries(wait_reason_test PRIVATE
  loadline::abi loadline::control loadline::proto GTest::gtest_main)
gtest_discover_tests(wait_reason_test TEST_PREFIX contract. PROPERTIES LABELS contract)
add_executable(bottleneck_test bottleneck_test.cc)
target_link_libraries(bottleneck_test PRIVATE loadline::control loadline::proto GTest::gtest_main)
gtest_discover_tests(bottleneck_test TEST_PREFIX contract. PROPERTIES LABELS contract)

foreach(program IN ITEMS sched_switch thread_life snapshot news look wakeups doors)
  add_test(NAME contract.bpf_arm64.${program}
    COMMAND ${LOADLINE_CLANG} -g -O2 -target bpf -mcpu=v3 -Wall -Werror -D__TARGET_ARCH_arm64
      -I${PROJECT_SOURCE_DIR}/bpf/include -I${PROJECT_SOURCE_DIR}/bpf
      -isystem ${PROJECT_BINARY_DIR}/bpf/gen
      -c ${PROJECT_SOURCE_DIR}/bpf/src/${program}.bpf.c -o /dev/null)
  set_tests_properties(contract.bpf_arm64.${program} PROPERTIES LABELS contract)
  # With as many wait reasons as a slot has room for: what is as wide as today's number of them shows.
  add_test(NAME contract.bpf_more_reasons.${program}
    COMMAND ${LOADLINE_CLANG} -g -O2 -target bpf -mcpu=v3 -Wall -Werror -D__TARGET_ARCH_x86
      "-DLL_WAIT_REASONS_MORE(X)=X(MORE_1,\"1\")X(MORE_2,\"2\")"
      -I${PROJECT_SOURCE_DIR}/bpf/include -I${PROJECT_SOURCE_DIR}/bpf
      -isystem ${PROJECT_BINARY_DIR}/bpf/gen
      -c ${PROJECT_SOURCE_DIR}/bpf/src/${program}.bpf.c -o /dev/null)
  set_tests_properties(contract.bpf_more_reasons.${program} PROPERTIES LABELS contract)
endforeach()
