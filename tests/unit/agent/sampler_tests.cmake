# SPDX-License-Identifier: Apache-2.0
# Unit tests of the kernel side's reader: names, addresses, samples. No kernel needed.
add_executable(sampler_test
  sampler_door_book_test.cc
  sampler_histogram_reader_test.cc
  sampler_lock_owners_test.cc
  sampler_left_out_watch_test.cc
  sampler_load_error_test.cc
  sampler_losses_test.cc
  sampler_pid_namespace_test.cc
  sampler_names_test.cc
  sampler_preempt_count_test.cc
  sampler_sample_test.cc
  sampler_slot_reader_test.cc
  sampler_unix_paths_test.cc
  sampler_watch_schedule_test.cc)
target_link_libraries(sampler_test PRIVATE
  loadline::kernel loadline_command loadline::testing GTest::gmock_main)
gtest_discover_tests(sampler_test PROPERTIES LABELS unit)
loadline_unity(sampler_test)
