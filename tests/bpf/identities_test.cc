// SPDX-License-Identifier: Apache-2.0
// Goal: what must be true of any thread is true of each: its classes add up to the time that
// passed, its switches are those of /proc, and the time for which a quota held it back is that of
// cpu.stat. Method: 500 threads of mixed behaviour against the wall clock and /proc; threads that
// want more than their group may have.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <fstream>
#include <map>
#include <optional>
#include <string>

#include "tests/bpf/crowd.h"
#include "tests/bpf/probes_env.h"
#include "tests/bpf/quota_group.h"

namespace loadline::agent {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

constexpr int kThreads = 500;

struct Reading {
  Clock::Time taken_at;
  std::map<pid_t, ThreadSample> threads;
};

Reading ReadProcess(pid_t process) {
  HostReading reading;
  EXPECT_TRUE(Probes().ReadProcesses({&process, 1}, reading).ok());
  Reading out{.taken_at = reading.taken_at, .threads = {}};
  for (ThreadSample& thread : reading.threads) {
    out.threads[thread.tid] = std::move(thread);
  }
  return out;
}

TEST(IdentitiesTest, OnCpuAndRunQueueAndBlockedAreTheWallTimeOfEachThread) {
  const Crowd crowd(kThreads);
  Sleep(200ms);
  Reading before = ReadProcess(getpid());
  Sleep(10s);
  const Reading after = ReadProcess(getpid());
  const double wall = Seconds(after.taken_at - before.taken_at);
  int compared = 0;
  for (const auto& [tid, thread] : after.threads) {
    const PoolCounters spent = thread.counters - before.threads[tid].counters;
    const double all = Seconds(spent.on_cpu + spent.RunQueue() + spent.Blocked());
    EXPECT_NEAR(all, wall, 0.01 * wall) << "thread " << tid;
    ++compared;
  }
  EXPECT_GT(compared, kThreads);
}

struct ProcCounts {
  std::int64_t voluntary = -1;
  std::int64_t involuntary = -1;
  std::int64_t on_cpu_ns = 0;
  std::int64_t queued_ns = 0;
};

ProcCounts ReadProc(pid_t tid) {
  const std::string path = "/proc/self/task/" + std::to_string(tid);
  ProcCounts counts;
  std::ifstream(path + "/schedstat") >> counts.on_cpu_ns >> counts.queued_ns;
  std::ifstream status(path + "/status");
  for (std::string key; status >> key;) {
    if (key == "voluntary_ctxt_switches:") {
      status >> counts.voluntary;
    } else if (key == "nonvoluntary_ctxt_switches:") {
      status >> counts.involuntary;
    }
  }
  return counts;
}

TEST(IdentitiesTest, SwitchesAndTimesAreThoseOfProc) {
  Crowd crowd(kThreads);
  Sleep(2s);
  ASSERT_TRUE(crowd.Rest());
  ASSERT_TRUE(Eventually([&crowd] {
    const Reading now = ReadProcess(getpid());
    int blocked = 0;
    for (const pid_t tid : crowd.tids()) {
      blocked += now.threads.at(tid).state == ThreadState::kBlocked;
    }
    return blocked == kThreads;
  }));
  const Reading reading = ReadProcess(getpid());
  double on_cpu = 0, queued = 0, proc_on_cpu = 0, proc_queued = 0;
  for (const pid_t tid : crowd.tids()) {
    const PoolCounters& seen = reading.threads.at(tid).counters;
    const ProcCounts proc = ReadProc(tid);
    EXPECT_EQ(seen.switches_voluntary, proc.voluntary) << "thread " << tid;
    EXPECT_EQ(seen.switches_involuntary, proc.involuntary) << "thread " << tid;
    on_cpu += Seconds(seen.on_cpu);
    queued += Seconds(seen.RunQueue());
    proc_on_cpu += static_cast<double>(proc.on_cpu_ns) / 1e9;
    proc_queued += static_cast<double>(proc.queued_ns) / 1e9;
  }
  std::printf("on CPU %.3f s, by /proc %.3f s; queued %.3f s, by /proc %.3f s\n", on_cpu,
              proc_on_cpu, queued, proc_queued);
  EXPECT_NEAR(on_cpu, proc_on_cpu, 0.02 * proc_on_cpu);
  EXPECT_NEAR(queued, proc_queued, 0.02 * proc_queued);
}

TEST(IdentitiesTest, TimeHeldBackByAQuotaIsThatOfCpuStat) {
  const QuotaGroup quota(20);
  if (!quota.ok()) {
    GTEST_SKIP() << "needs root and the cpu controller at the top of the control groups";
  }
  const pid_t child = fork();
  if (child == 0) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(0, &set);
    sched_setaffinity(0, sizeof(set), &set);
    if (!quota.Join()) {
      _exit(1);
    }
    for (;;) {
    }
  }
  EXPECT_TRUE(Eventually([&quota] { return quota.Throttled() > 0.2; }));
  Sleep(3s);
  kill(child, SIGSTOP);  // Nothing is open in either count.
  EXPECT_TRUE(Eventually([child] {
    const auto thread = ReadThread(child, child);
    return thread && thread->reason == WaitReason::kStopped;
  }));
  const double seen = Seconds(ReadThread(child, child)->counters.runq_throttled);
  const double told = quota.Throttled();
  std::printf("held back %.3f s, by cpu.stat %.3f s\n", seen, told);
  EXPECT_NEAR(seen, told, 0.02 * told);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
}

}  // namespace
}  // namespace loadline::agent
