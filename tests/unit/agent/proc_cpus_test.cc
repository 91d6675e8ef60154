// SPDX-License-Identifier: Apache-2.0
// Goal: how many CPUs a process may use is what its affinity and the quotas of its cgroups say.
// Method: a /proc and a hierarchy in files; the affinity is this test's own.
#include "agent/src/sampler/proc_cpus.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#include <chrono>
#include <string>

#include "loadline/testing/temp_dir.h"

namespace loadline::agent {
namespace {

using namespace std::chrono_literals;

TEST(ProcCpusTest, ReadsQuotasOfBothVersions) {
  EXPECT_EQ(QuotaOf("80000 100000\n").quota, 80ms);
  EXPECT_EQ(QuotaOf("80000 100000\n").period, 100ms);
  EXPECT_EQ(QuotaOf("max 100000\n").quota, 0ms);
  EXPECT_EQ(QuotaOf("").quota, 0ms);
  EXPECT_EQ(QuotaOf("50000\n", "100000\n").quota, 50ms);
  EXPECT_EQ(QuotaOf("-1\n", "100000\n").quota, 0ms);
}

TEST(ProcCpusTest, TheTightestOfAffinityAndQuotasCounts) {
  testing::TempDir dir;
  dir.Write("proc/self/mountinfo",
            "30 29 0:26 / " + dir.path() + "/cgroup rw - cgroup2 cgroup2 rw\n");
  dir.Write("proc/" + std::to_string(getpid()) + "/cgroup", "0::/outer/inner\n");
  absl::StatusOr<ProcFs> proc = ProcFs::Open(dir.path() + "/proc");
  ASSERT_TRUE(proc.ok());
  const ProcCpus cpus(*std::move(proc), 64);

  cpu_set_t mine;
  ASSERT_EQ(sched_getaffinity(0, sizeof(mine), &mine), 0);
  EXPECT_EQ(cpus.Of(getpid()), CPU_COUNT(&mine)) << "no quota";
  dir.Write("cgroup/outer/cpu.max", "50000 100000\n");
  dir.Write("cgroup/outer/inner/cpu.max", "max 100000\n");
  EXPECT_DOUBLE_EQ(cpus.Of(getpid()), 0.5) << "that of a parent";
  dir.Write("cgroup/outer/inner/cpu.max", "20000 100000\n");
  EXPECT_DOUBLE_EQ(cpus.Of(getpid()), 0.2);
  EXPECT_EQ(cpus.Of(-1), 64) << "of nobody";
}

}  // namespace
}  // namespace loadline::agent
