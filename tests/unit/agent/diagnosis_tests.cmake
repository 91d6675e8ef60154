# SPDX-License-Identifier: Apache-2.0
# Unit tests of what pools lose their time to, and of what is said of it. Readings as data.
add_executable(diagnosis_test
  blame_book_test.cc
  diagnosis_test.cc
  longest_wait_test.cc
  severity_test.cc
  wait_verdict_test.cc)
target_link_libraries(diagnosis_test PRIVATE
  loadline_agent_diagnosis loadline::testing GTest::gmock GTest::gtest_main)
loadline_unity(diagnosis_test)
gtest_discover_tests(diagnosis_test TEST_PREFIX unit.agent. PROPERTIES LABELS unit)

add_executable(recorder_test recorder_test.cc)
target_link_libraries(recorder_test PRIVATE
  loadline_agent_diagnosis loadline::testing GTest::gmock GTest::gtest_main)
gtest_discover_tests(recorder_test TEST_PREFIX unit.agent. PROPERTIES LABELS unit)

# With the file by which it survives the agent.
add_executable(history_test history_test.cc)
target_link_libraries(history_test PRIVATE
  loadline_agent_daemon loadline::testing GTest::gmock GTest::gtest_main)
gtest_discover_tests(history_test TEST_PREFIX unit.agent. PROPERTIES LABELS unit)
