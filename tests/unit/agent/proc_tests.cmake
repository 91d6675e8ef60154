# SPDX-License-Identifier: Apache-2.0
# The source that reads /proc. Included, so that each part of the agent registers its own tests.
find_package(absl REQUIRED)
add_executable(proc_test
  container_book_test.cc
  control_groups_test.cc
  door_test.cc
  proc_account_test.cc
  proc_cgroup_test.cc
  proc_container_test.cc
  proc_cpus_test.cc
  proc_live_test.cc
  proc_parse_test.cc
  proc_reason_test.cc
  proc_sockets_test.cc
  proc_source_exec_test.cc
  proc_source_test.cc)
target_link_libraries(proc_test PRIVATE
  loadline::sampler loadline::testing absl::strings GTest::gmock_main Threads::Threads)
gtest_discover_tests(proc_test PROPERTIES LABELS unit)
loadline_unity(proc_test ALONE proc_reason_test.cc)
