// SPDX-License-Identifier: Apache-2.0
// Goal: a process's CPU quota is found on cgroup v1, v2 and in a hybrid.
// Method: mountinfo, cgroup and cpu.stat as hosts and containers have them.
#include "agent/src/sampler/proc_cgroup.h"

#include <chrono>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace loadline::agent {
namespace {

using namespace std::chrono_literals;  // NOLINT
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kV2[] =
    "22 27 0:21 / /proc rw,nosuid shared:12 - proc proc rw\n"
    "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";
constexpr char kHybrid[] =
    "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
    "34 31 0:31 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"
    "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n";

TEST(CpuHierarchyTest, V2IsFound) {
  const auto found = FindCpuHierarchy(kV2);
  ASSERT_TRUE(found.has_value());
  EXPECT_TRUE(found->unified);
  EXPECT_EQ(found->mount_point, "/sys/fs/cgroup");
}

TEST(CpuHierarchyTest, InAHybridTheControllerOfV1Counts) {
  const auto found = FindCpuHierarchy(kHybrid);
  ASSERT_TRUE(found.has_value());
  EXPECT_FALSE(found->unified);
  EXPECT_EQ(found->mount_point, "/sys/fs/cgroup/cpu,cpuacct");
}

TEST(CpuHierarchyTest, WithoutCgroupsThereIsNone) {
  EXPECT_FALSE(FindCpuHierarchy("22 27 0:21 / /proc rw - proc proc rw\n").has_value());
  EXPECT_FALSE(FindCpuHierarchy("").has_value());
}

TEST(CgroupHierarchyTest, TheFreezerIsFoundByItsName) {
  const auto found = FindHierarchy(
      "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
      "35 31 0:32 / /sys/fs/cgroup/freezer rw - cgroup cgroup rw,freezer\n",
      "freezer");
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->mount_point, "/sys/fs/cgroup/freezer");
  EXPECT_THAT(GroupDirectories(*found, "6:freezer:/a/b\n1:cpu:/c\n0::/d\n"),
              ElementsAre("/sys/fs/cgroup/freezer/a/b", "/sys/fs/cgroup/freezer/a",
                          "/sys/fs/cgroup/freezer"));
  EXPECT_FALSE(FindHierarchy(kHybrid, "freezer").has_value());
}

TEST(GroupDirectoriesTest, EveryLevelMayHaveALimit) {
  EXPECT_THAT(GroupDirectories({true, "/sys/fs/cgroup", "/"}, "0::/system.slice/nginx.service\n"),
              ElementsAre("/sys/fs/cgroup/system.slice/nginx.service",
                          "/sys/fs/cgroup/system.slice", "/sys/fs/cgroup"));
}

TEST(GroupDirectoriesTest, InAHybridTheLineOfTheControllerCounts) {
  EXPECT_THAT(GroupDirectories({false, "/cg/cpu", "/"},
                               "3:cpuset:/other\n1:cpu,cpuacct:/docker/ab\n0::/\n"),
              ElementsAre("/cg/cpu/docker/ab", "/cg/cpu/docker", "/cg/cpu"));
}

TEST(GroupDirectoriesTest, WhatIsMountedMayBeAPartOnly) {
  EXPECT_THAT(GroupDirectories({false, "/cg/cpu", "/docker/ab"}, "1:cpu:/docker/ab\n"),
              ElementsAre("/cg/cpu"));
  EXPECT_THAT(GroupDirectories({false, "/cg/cpu", "/docker/ab"}, "1:cpu:/docker/cd\n"), IsEmpty());
  EXPECT_THAT(GroupDirectories({false, "/cg/cpu", "/docker/ab"}, "1:cpu:/docker/abc\n"), IsEmpty());
}

TEST(GroupDirectoriesTest, OutsideOfTheNamespaceThereIsNone) {
  EXPECT_THAT(GroupDirectories({true, "/cg", "/"}, "0::/../sibling\n"), IsEmpty());
  EXPECT_THAT(GroupDirectories({true, "/cg", "/"}, ""), IsEmpty());
}

TEST(ThrottledTimeTest, V1CountsNanosecondsAndV2Microseconds) {
  EXPECT_EQ(ThrottledTime("nr_periods 10\nnr_throttled 4\nthrottled_time 250000000\n"), 250ms);
  EXPECT_EQ(ThrottledTime("usage_usec 9\nnr_periods 10\nnr_throttled 4\nthrottled_usec 250000\n"),
            250ms);
  EXPECT_EQ(ThrottledTime("usage_usec 9\n"), std::nullopt);
  EXPECT_EQ(ThrottledTime(""), std::nullopt);
}

}  // namespace
}  // namespace loadline::agent
