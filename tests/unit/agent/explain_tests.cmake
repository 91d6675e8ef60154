# SPDX-License-Identifier: Apache-2.0
# Unit tests of what the agent says to people: reports as text and as JSON, names, times.
find_package(PkgConfig REQUIRED)
pkg_check_modules(httplib REQUIRED IMPORTED_TARGET cpp-httplib)
add_executable(explain_test
  explain_query_test.cc
  explain_text_test.cc
  explain_time_test.cc
  explain_words_test.cc
  http_explain_test.cc
  name_match_test.cc
  pools_table_test.cc
  report_json_test.cc
  text_wrap_test.cc)
target_link_libraries(explain_test PRIVATE
  loadline_explain loadline_agent_publish loadline::testing GTest::gtest_main
  PkgConfig::httplib)
gtest_discover_tests(explain_test TEST_PREFIX unit.agent. PROPERTIES LABELS unit)
loadline_unity(explain_test ALONE http_explain_test.cc)
