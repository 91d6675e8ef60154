# SPDX-License-Identifier: Apache-2.0
# Unit tests of `loadline demo`.
find_package(CLI11 REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(nlohmann_json REQUIRED)
pkg_check_modules(httplib REQUIRED IMPORTED_TARGET cpp-httplib)
add_executable(demo_test
  demo_child_process_test.cc
  demo_flags_test.cc
  demo_latency_histogram_test.cc
  demo_live_meter_test.cc
  demo_load_generator_test.cc
  demo_pool_summary_test.cc
  demo_report_test.cc
  demo_scenario_test.cc
  demo_scoreboard_test.cc
  demo_screen_test.cc
  demo_text_cells_test.cc)
target_link_libraries(demo_test PRIVATE
  loadline_demo loadline::testing GTest::gtest_main CLI11::CLI11 PkgConfig::httplib
  nlohmann_json::nlohmann_json)
gtest_discover_tests(demo_test PROPERTIES LABELS unit)
loadline_unity(demo_test ALONE demo_screen_test.cc demo_text_cells_test.cc)
