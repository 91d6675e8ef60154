// SPDX-License-Identifier: Apache-2.0
// Goal: the time of a wait is booked under its reason, all of it, and shows while the wait goes on.
// Method: a thread waits in one known way, ten times for 20 ms, and spins in between so that
// nothing else blocks it. What the probes say is compared with the thread's own clock around each
// wait.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>
#include <string>
#include <thread>

#include "tests/bpf/probes_env.h"
#include "tests/bpf/wait_case.h"

namespace loadline::agent {
namespace {

using std::chrono_literals::operator""ms;

constexpr int kRounds = 10;
constexpr double kShareMin = 0.99;

// Runs the waits of a case in a thread of its own, which stays alive (and spins) when it is done.
class Worker {
 public:
  explicit Worker(const WaitCase& wait) : wait_(wait), thread_([this] { Run(); }) {
    while (tid_ == 0) {
      std::this_thread::yield();
    }
  }
  ~Worker() {
    quit_ = true;
    thread_.join();
  }

  pid_t tid() const { return tid_; }
  Clock::Duration waited() const { return Clock::Duration{waited_ns_}; }

  // One wait of about 20 ms, from the side of who ends it.
  void Round() {
    wait_.arm();
    ++rounds_asked_;
    Sleep(20ms);
    wait_.release();
    ASSERT_TRUE(Eventually([this] { return rounds_done_ == rounds_asked_; })) << wait_.name;
  }

  void Begin() {
    wait_.arm();
    ++rounds_asked_;
  }
  void End() {
    wait_.release();
    ASSERT_TRUE(Eventually([this] { return rounds_done_ == rounds_asked_; })) << wait_.name;
  }

 private:
  void Run() {
    tid_ = ThisThread();
    while (!quit_) {
      if (rounds_done_ < rounds_asked_) {
        const Clock::Time start = Now();
        wait_.enter();
        waited_ns_ += (Now() - start).count();
        ++rounds_done_;
      }
      std::this_thread::yield();
    }
  }

  const WaitCase& wait_;
  std::atomic<pid_t> tid_{0};
  std::atomic<int> rounds_asked_{0};
  std::atomic<int> rounds_done_{0};
  std::atomic<std::int64_t> waited_ns_{0};
  std::atomic<bool> quit_{false};
  std::thread thread_;
};

std::vector<WaitCase> AllCases() {
  std::vector<WaitCase> all;
  for (auto cases : {LockCases(), DescriptorCases(), NetworkCases(), KernelCases()}) {
    all.insert(all.end(), cases.begin(), cases.end());
  }
  return all;
}

class ReasonTest : public testing::TestWithParam<WaitCase> {};

TEST_P(ReasonTest, TheWholeWaitIsBookedUnderItsReason) {
  Worker worker(GetParam());
  const auto before = ReadThread(worker.tid());
  const Clock::Duration own_before = worker.waited();
  for (int round = 0; round < kRounds; ++round) {
    ASSERT_NO_FATAL_FAILURE(worker.Round());
  }
  const auto after = ReadThread(worker.tid());
  ASSERT_TRUE(before && after);

  const PoolCounters seen = after->counters - before->counters;
  const double in_class = Seconds(seen.blocked_for(GetParam().reason));
  EXPECT_GE(in_class, kShareMin * Seconds(seen.Blocked()));
  std::printf("%-11s %-22s %8.4f %% of %.3f s blocked\n",
              std::string(Name(GetParam().reason)).c_str(), GetParam().name.c_str(),
              100 * in_class / Seconds(seen.Blocked()), Seconds(seen.Blocked()));
  for (int other = 0; other < kWaitReasonCount; ++other) {
    const auto reason = static_cast<WaitReason>(other);
    if (reason != GetParam().reason && seen.blocked_for(reason) > 1ms) {
      ADD_FAILURE() << Seconds(seen.blocked_for(reason)) << " s booked as " << Name(reason);
    }
  }
  // Its own clock also saw it queue for the CPU and run, which nobody can tell apart from outside.
  const double own = Seconds(worker.waited() - own_before);
  EXPECT_LE(in_class, own * 1.01);
  EXPECT_GE(in_class + Seconds(seen.RunQueue() + seen.on_cpu), own * 0.99);
}

TEST_P(ReasonTest, AWaitInProgressShowsItsReasonItsAgeAndItsPeer) {
  Worker worker(GetParam());
  const auto before = ReadThread(worker.tid());
  worker.Begin();
  const auto waits = [&worker, this] {
    const auto now = ReadThread(worker.tid());
    return now && now->state == ThreadState::kBlocked && now->reason == GetParam().reason &&
           now->in_state > 5ms && now->peer.text == GetParam().peer;
  };
  const bool seen = Eventually(waits, 2000ms);
  const auto during = ReadThread(worker.tid());
  ASSERT_NO_FATAL_FAILURE(worker.End());
  // Waits that end by themselves last 20 ms only, and may end between two looks of a slow machine.
  EXPECT_TRUE(seen) << "state " << static_cast<int>(during->state) << " reason "
                    << Name(during->reason) << " peer " << during->peer.text;
  EXPECT_GT((during->counters - before->counters).blocked_for(GetParam().reason), 4ms);
}

INSTANTIATE_TEST_SUITE_P(All, ReasonTest, testing::ValuesIn(AllCases()),
                         [](const auto& wait) { return wait.param.name; });

}  // namespace
}  // namespace loadline::agent
