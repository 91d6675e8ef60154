// SPDX-License-Identifier: Apache-2.0
// Goal: nothing of a thread's time is lost or counted twice when it is gone, and no switch is
// missed. Method: churn against the sum of what the threads measured of themselves; threads that
// switch much against the runs that /proc counts.
#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <set>
#include <system_error>
#include <thread>
#include <vector>

#include "tests/bpf/crowd.h"
#include "tests/bpf/probes_env.h"

namespace loadline::agent {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

void Spin(Clock::Duration time) {
  for (const Clock::Time start = Now(); Now() - start < time;) {
  }
}

// How often threads ran that /proc shows and `reading` does not. Some kernels hide a process from
// all tracing: no tracepoint runs while one of its threads leaves the CPU, so that the thread that
// follows is not seen to come.
std::map<pid_t, std::int64_t> RunsOfHiddenThreads(const HostReading& reading) {
  std::set<pid_t> seen;
  for (const ThreadSample& thread : reading.threads) {
    seen.insert(thread.tid);
  }
  std::map<pid_t, std::int64_t> runs;
  std::error_code gone;
  for (const auto& process : std::filesystem::directory_iterator("/proc", gone)) {
    const std::filesystem::path tasks = process.path() / "task";
    for (const auto& thread : std::filesystem::directory_iterator(tasks, gone)) {
      const pid_t tid = std::atoi(thread.path().filename().c_str());
      std::int64_t on_cpu_ns = 0, queued_ns = 0, slices = 0;
      std::ifstream(thread.path() / "schedstat") >> on_cpu_ns >> queued_ns >> slices;
      if (tid > 0 && !seen.contains(tid)) {
        runs[tid] = slices;
      }
    }
  }
  return runs;
}

TEST(AccountingTest, ASwitchIsMissedOnlyWhereAThreadIsHiddenFromTracing) {
  const Crowd crowd(60);
  std::map<pid_t, std::int64_t> before = RunsOfHiddenThreads(ReadHost());
  const HostReading first = ReadHost();
  Sleep(2s);
  const HostReading second = ReadHost();
  const auto missed = static_cast<std::int64_t>(Lost(second, "resync") - Lost(first, "resync"));
  std::int64_t hidden = 0;
  for (const auto& [tid, runs] : RunsOfHiddenThreads(second)) {
    hidden += before.contains(tid) ? runs - before[tid] : 0;
  }
  EXPECT_LE(missed, hidden);
  std::printf("%lld switches missed, %lld runs of hidden threads\n", static_cast<long long>(missed),
              static_cast<long long>(hidden));
}

TEST(AccountingTest, AnExitIsNoWaitOfUnknownReason) {
  constexpr std::uint64_t kThreads = 500;
  const std::uint64_t before = Lost(ReadHost(), "unknown_call");
  for (std::uint64_t i = 0; i < kThreads; ++i) {
    std::thread([] {}).join();
  }
  EXPECT_LT(Lost(ReadHost(), "unknown_call") - before, kThreads / 2);
}

TEST(AccountingTest, AThreadIsEitherAliveOrGoneInEveryReading) {
  std::atomic<bool> quit{false};
  std::atomic<std::int64_t> started{0};
  std::thread churner([&] {
    pthread_setname_np(pthread_self(), "churner");
    while (!quit) {
      std::thread([&started] {
        pthread_setname_np(pthread_self(), "brief-7");
        ++started;
      }).join();
    }
  });
  std::map<std::pair<pid_t, std::uint64_t>, Clock::Duration> alive_before;
  std::int64_t gone = 0;
  for (int i = 0; i < 200; ++i) {
    const HostReading reading = ReadHost();
    for (const ExitedThreads& exited : reading.exited) {
      if (exited.tgid == getpid() && exited.name == "brief-*") {
        gone += exited.threads;
      }
    }
    EXPECT_LE(gone, started) << "a thread was counted twice";
  }
  quit = true;
  churner.join();
  EXPECT_TRUE(Eventually([&] {
    for (const ExitedThreads& exited : ReadHost().exited) {
      if (exited.tgid == getpid() && exited.name == "brief-*") {
        gone += exited.threads;
      }
    }
    return gone == started;
  })) << gone
      << " of " << started;
}

TEST(AccountingTest, AShortProcessIsCountedUnderItsName) {
  ReadHost();
  const pid_t child = fork();
  if (child == 0) {
    pthread_setname_np(pthread_self(), "brief-child");
    Spin(5ms);
    _exit(0);
  }
  rusage used{};  // Less than it spun, where others wanted the CPU too.
  wait4(child, nullptr, 0, &used);
  const std::chrono::microseconds cpu{(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1'000'000 +
                                      used.ru_utime.tv_usec + used.ru_stime.tv_usec};
  Clock::Duration on_cpu{};
  EXPECT_TRUE(Eventually([&] {
    for (const ExitedThreads& exited : ReadHost().exited) {
      if (exited.tgid == child && exited.name == "brief-child") {
        on_cpu += exited.counters.on_cpu;
      }
    }
    return on_cpu > 0ms;
  }));
  EXPECT_GT(on_cpu, cpu * 6 / 10);
}

}  // namespace
}  // namespace loadline::agent
