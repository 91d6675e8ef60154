# SPDX-License-Identifier: Apache-2.0
# bench-probes: needs root. Not a test: its figures are for a quiet machine.
include(LoadlineBpf)
find_package(PkgConfig REQUIRED)
pkg_check_modules(LIBBPF REQUIRED IMPORTED_TARGET libbpf)
loadline_bpf_skeleton(TARGET empty_switch SOURCES empty_switch.bpf.c)

add_executable(bench-probes probes_bench.cc program_cost.cc switch_load.cc traced_by.cc)
target_link_libraries(bench-probes PRIVATE
  loadline_bench_report loadline::kernel loadline::control empty_switch PkgConfig::LIBBPF)

# bench-agent starts the program beside it.
add_executable(bench-agent agent_bench.cc)
pkg_check_modules(HTTPLIB REQUIRED IMPORTED_TARGET cpp-httplib)
target_link_libraries(bench-agent PRIVATE
  loadline_bench_report loadline::control PkgConfig::HTTPLIB Threads::Threads)
add_dependencies(bench-agent loadline_program)

# bench-ledger: probes, agent and service in one process.
add_executable(bench-ledger ledger_bench.cc)
target_link_libraries(bench-ledger PRIVATE
  loadline_bench_report loadline::kernel loadline::sdk loadline_agent_daemon loadline::testing)
loadline_unity(bench-probes)
