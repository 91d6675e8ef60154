// SPDX-License-Identifier: Apache-2.0
//
// Goal: quota and throttling are found on cgroup v1, v2 and hybrid hosts, in containers too.
// Method: the files that such hosts show, below a temporary directory.
#include "sdk/src/cgroup_cpu.h"

#include <gtest/gtest.h>

#include <chrono>

#include "loadline/testing/temp_dir.h"

namespace loadline {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""us;

constexpr char kMountV2[] = "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
constexpr char kMountV1[] =
    "31 23 0:27 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n";

class CgroupCpuTest : public ::testing::Test {
 protected:
  CgroupCpu Find() const { return CgroupCpu(root_.path()); }
  testing::TempDir root_;
};

TEST_F(CgroupCpuTest, ReadsVersion2WithTheQuotasAbove) {
  root_.Write("proc/self/cgroup", "0::/system.slice/orders.service\n");
  root_.Write("proc/self/mountinfo", kMountV2);
  root_.Write("sys/fs/cgroup/system.slice/orders.service/cpu.max", "150000 100000\n");
  root_.Write("sys/fs/cgroup/system.slice/orders.service/cpu.stat",
              "usage_usec 9\nnr_throttled 3\nthrottled_usec 1234\n");
  root_.Write("sys/fs/cgroup/system.slice/cpu.max", "max 100000\n");
  root_.Write("sys/fs/cgroup/cpu.max", "50000 200000\n");

  const auto quotas = Find().Quotas();
  ASSERT_EQ(quotas.size(), 2U);
  EXPECT_EQ(quotas[0].quota, 150ms);
  EXPECT_EQ(quotas[0].period, 100ms);
  EXPECT_EQ(quotas[1].quota, 50ms);
  EXPECT_EQ(Find().Throttled(), 1234us);
}

TEST_F(CgroupCpuTest, ReadsVersion1) {
  root_.Write("proc/self/cgroup", "4:cpu,cpuacct:/docker/a1\n2:memory:/docker/a1\n");
  root_.Write("proc/self/mountinfo", kMountV1);
  root_.Write("sys/fs/cgroup/cpu,cpuacct/docker/a1/cpu.cfs_quota_us", "25000\n");
  root_.Write("sys/fs/cgroup/cpu,cpuacct/docker/a1/cpu.cfs_period_us", "100000\n");
  root_.Write("sys/fs/cgroup/cpu,cpuacct/docker/a1/cpu.stat",
              "nr_periods 9\nnr_throttled 3\nthrottled_time 5000\n");

  ASSERT_EQ(Find().Quotas().size(), 1U);
  EXPECT_EQ(Find().Quotas()[0].quota, 25ms);
  EXPECT_EQ(Find().Throttled(), 5us);
}

TEST_F(CgroupCpuTest, WhatALevelAboveHeldBackCountsInVersion1) {
  root_.Write("proc/self/cgroup", "4:cpu,cpuacct:/pods/a1/main\n");
  root_.Write("proc/self/mountinfo", kMountV1);
  const std::string top = "sys/fs/cgroup/cpu,cpuacct";
  root_.Write(top + "/pods/a1/main/cpu.stat", "nr_throttled 0\nthrottled_time 5000\n");
  root_.Write(top + "/pods/a1/cpu.cfs_quota_us", "40000\n");
  root_.Write(top + "/pods/a1/cpu.cfs_period_us", "100000\n");
  root_.Write(top + "/pods/a1/cpu.stat", "nr_throttled 9\nthrottled_time 7000000\n");
  root_.Write(top + "/pods/cpu.stat", "nr_throttled 0\nthrottled_time 0\n");
  root_.Write(top + "/cpu.stat", "nr_throttled 0\nthrottled_time 20000\n");

  ASSERT_EQ(Find().Quotas().size(), 1U);
  EXPECT_EQ(Find().Throttled(), 7025us);
}

TEST_F(CgroupCpuTest, WhatALevelAboveHeldBackCountsInVersion2) {
  root_.Write("proc/self/cgroup", "0::/pods/a1/main\n");
  root_.Write("proc/self/mountinfo", kMountV2);
  root_.Write("sys/fs/cgroup/pods/a1/main/cpu.stat",
              "usage_usec 9\n");  // Without a quota of its own.
  root_.Write("sys/fs/cgroup/pods/a1/cpu.stat", "usage_usec 9\nthrottled_usec 300\n");
  root_.Write("sys/fs/cgroup/pods/cpu.stat", "usage_usec 9\nthrottled_usec 50\n");
  EXPECT_EQ(Find().Throttled(), 350us);
}

TEST_F(CgroupCpuTest, WhereTheKernelAddsUpAllLevelsItsSumIsTaken) {
  root_.Write("proc/self/cgroup", "0::/pods/a1/main\n");
  root_.Write("proc/self/mountinfo", kMountV2);
  root_.Write("sys/fs/cgroup/pods/a1/main/cpu.stat.local", "");  // No controller at this level.
  root_.Write("sys/fs/cgroup/pods/a1/cpu.stat.local", "throttled_usec 320\n");
  root_.Write("sys/fs/cgroup/pods/a1/cpu.stat", "usage_usec 9\nthrottled_usec 300\n");
  root_.Write("sys/fs/cgroup/pods/cpu.stat", "usage_usec 9\nthrottled_usec 50\n");
  EXPECT_EQ(Find().Throttled(), 320us);
}

TEST_F(CgroupCpuTest, OfSeveralMountsTheOneThatShowsMostLevelsCounts) {
  root_.Write("proc/self/cgroup", "0::/pods/a1/main\n");
  root_.Write("proc/self/mountinfo",
              "40 23 0:26 /pods/a /mnt/other rw - cgroup2 cgroup2 rw\n"
              "41 23 0:26 /pods/a1 /mnt/part rw - cgroup2 cgroup2 rw\n" +
                  std::string(kMountV2));
  root_.Write("sys/fs/cgroup/pods/cpu.max", "40000 100000\n");
  ASSERT_EQ(Find().Quotas().size(), 1U);
}

TEST_F(CgroupCpuTest, AMountOfANeighbourWithALikeNameShowsNothingOfOurs) {
  root_.Write("proc/self/cgroup", "0::/docker/abc\n");
  root_.Write("proc/self/mountinfo", "30 23 0:26 /docker/ab /mnt/ab rw - cgroup2 cgroup2 rw\n");
  root_.Write("mnt/ab/c/cpu.max", "40000 100000\n");
  EXPECT_TRUE(Find().Quotas().empty());
}

TEST_F(CgroupCpuTest, InACgroupNamespaceTheRootHasAQuotaToo) {
  root_.Write("proc/self/cgroup", "0::/\n");
  root_.Write("proc/self/mountinfo", kMountV2);
  root_.Write("sys/fs/cgroup/cpu.max", "50000 100000\n");
  root_.Write("sys/fs/cgroup/cpu.stat.local", "throttled_usec 77\n");
  ASSERT_EQ(Find().Quotas().size(), 1U);
  EXPECT_EQ(Find().Throttled(), 77us);
}

TEST_F(CgroupCpuTest, AQuotaOfMinusOneIsNone) {
  root_.Write("proc/self/cgroup", "4:cpu:/\n");
  root_.Write("proc/self/mountinfo", kMountV1);
  root_.Write("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n");
  root_.Write("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
  EXPECT_TRUE(Find().Quotas().empty());
}

TEST_F(CgroupCpuTest, OnAHybridHostTheControllersHierarchyWins) {
  root_.Write("proc/self/cgroup", "4:cpu,cpuacct:/a\n0::/b\n");
  root_.Write("proc/self/mountinfo", std::string(kMountV2) + kMountV1);
  root_.Write("sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us", "25000\n");
  root_.Write("sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us", "100000\n");
  root_.Write("sys/fs/cgroup/b/cpu.max", "1000 100000\n");

  ASSERT_EQ(Find().Quotas().size(), 1U);
  EXPECT_EQ(Find().Quotas()[0].quota, 25ms);
}

TEST_F(CgroupCpuTest, InAContainerTheMountsRootIsTheOwnCgroup) {
  root_.Write("proc/self/cgroup", "0::/kubepods/pod1/c1\n");
  root_.Write("proc/self/mountinfo",
              "30 23 0:26 /kubepods/pod1/c1 /sys/fs/cgroup ro - cgroup2 cgroup2 rw\n");
  root_.Write("sys/fs/cgroup/cpu.max", "50000 100000\n");
  ASSERT_EQ(Find().Quotas().size(), 1U);
}

TEST_F(CgroupCpuTest, APathOutsideOfTheNamespaceFallsBackToTheMount) {
  root_.Write("proc/self/cgroup", "0::/../other\n");
  root_.Write("proc/self/mountinfo", kMountV2);
  root_.Write("sys/fs/cgroup/cpu.max", "50000 100000\n");
  ASSERT_EQ(Find().Quotas().size(), 1U);
}

TEST_F(CgroupCpuTest, WithoutCgroupsThereIsNoLimitAndNothingKnown) {
  EXPECT_TRUE(Find().Quotas().empty());
  EXPECT_EQ(Find().Throttled(), std::nullopt);
}

TEST_F(CgroupCpuTest, GarbageIsNoLimit) {
  root_.Write("proc/self/cgroup", "0::/\nnonsense\n::::\n");
  root_.Write("proc/self/mountinfo", std::string("x - y\n - \n") + kMountV2);
  root_.Write("sys/fs/cgroup/cpu.max", "ten 100000 1\n");
  root_.Write("sys/fs/cgroup/cpu.stat", "throttled_usec many\n");
  EXPECT_TRUE(Find().Quotas().empty());
  EXPECT_EQ(Find().Throttled(), std::nullopt);
}

}  // namespace
}  // namespace loadline
