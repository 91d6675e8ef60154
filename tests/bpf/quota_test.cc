// SPDX-License-Identifier: Apache-2.0
// Goal: time for which a quota held a thread back is throttled, whether it wanted to go on or was
// woken meanwhile, whichever group has the quota and whoever has the CPU; no more of it than the
// group's cpu.stat and the run queue allow. Method: processes that want more than they may have.
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <functional>
#include <string>
#include <thread>

#include "tests/bpf/probes_env.h"
#include "tests/bpf/quota_group.h"

namespace loadline::agent {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

constexpr int kBursty = 8;

// A process of its own, on the first CPU.
class Child {
 public:
  explicit Child(const std::function<void()>& work) : pid_(fork()) {
    if (pid_ == 0) {
      cpu_set_t first;
      CPU_ZERO(&first);
      CPU_SET(0, &first);
      sched_setaffinity(0, sizeof(first), &first);
      work();
      _exit(1);
    }
  }
  ~Child() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }
  // What its threads have spent in all, once none of them runs or wants to: nothing is open,
  // neither here nor in cpu.stat.
  PoolCounters Stop() const {
    kill(pid_, SIGSTOP);
    PoolCounters spent;
    EXPECT_TRUE(Eventually([&] {
      HostReading reading;
      EXPECT_TRUE(Probes().ReadProcesses({&pid_, 1}, reading).ok());
      spent = {};
      bool all_stopped = !reading.threads.empty();
      for (const ThreadSample& thread : reading.threads) {
        spent += thread.counters;
        all_stopped = all_stopped && thread.reason == WaitReason::kStopped;
      }
      return all_stopped;
    }));
    return spent;
  }

 private:
  const pid_t pid_;
};

[[noreturn]] void Spin() {
  for (;;) {
  }
}

void Run(Clock::Duration time) {
  const auto ran = [] {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
  };
  for (const auto end = ran() + time; ran() < end;) {
  }
}

[[noreturn]] void RunInBursts() {
  for (int i = 0; i < kBursty; ++i) {
    std::thread([] {
      for (;;) {
        Run(2ms);
        Sleep(1ms);
      }
    }).detach();
  }
  for (;;) {
    pause();
  }
}

std::string Parts(const PoolCounters& spent) {
  const auto percent = [all = Seconds(spent.RunQueue())](Clock::Duration part) {
    return std::to_string(static_cast<int>(100 * Seconds(part) / all + 0.5)) + " %";
  };
  return std::to_string(Seconds(spent.RunQueue())) + " s queued: throttled " +
         percent(spent.runq_throttled) + ", self " + percent(spent.runq_self) + ", neighbour " +
         percent(spent.runq_neighbour) + ", unattributed " + percent(spent.runq_unattributed);
}

void Join(const QuotaGroup& group) {
  if (!group.Join()) {
    _exit(1);
  }
}

class BurstsTest : public ::testing::TestWithParam<bool> {};

TEST_P(BurstsTest, ThreadsThatAreWokenWhileTheirGroupIsHeldAreThrottled) {
  const QuotaGroup group(20);
  if (!group.ok()) {
    GTEST_SKIP() << "needs root and the cpu controller at the top of the control groups";
  }
  const bool beside_others = GetParam();
  const Child neighbour([&] { beside_others ? Spin() : static_cast<void>(pause()); });
  const Child child([&] {
    Join(group);
    RunInBursts();
  });
  if (!Eventually([&] { return group.Throttled() > 0.2; })) {
    GTEST_SKIP() << "others leave the group too little of the CPU for its quota to be of effect";
  }
  Eventually([&] { return group.Throttled() > 2; });  // Less is enough, beside many others.
  const PoolCounters spent = child.Stop();
  const double told = group.Throttled();
  // While the group is held none of its threads gets far: all are queued within a millisecond.
  const double seen = Seconds(spent.runq_throttled) / (kBursty * told);
  std::printf("%s; by cpu.stat %.3f s for each thread: %.1f %% seen\n", Parts(spent).c_str(), told,
              100 * seen);
  EXPECT_GT(seen, 0.85);
  EXPECT_LT(seen, 1.02);
  EXPECT_LT(Seconds(spent.runq_unattributed), 0.1 * Seconds(spent.RunQueue()));
}

INSTANTIATE_TEST_SUITE_P(AloneAndBesideOthers, BurstsTest, ::testing::Bool());

TEST(QuotaTest, TheQuotaOfAGroupFurtherUpHoldsBackToo) {
  const QuotaGroup above(20);
  const QuotaGroup group(QuotaGroup::kNoQuota, &above);
  if (!group.ok()) {
    GTEST_SKIP() << "needs root and the cpu controller at the top of the control groups";
  }
  const Child child([&] {
    Join(group);
    Spin();
  });
  ASSERT_TRUE(Eventually([&] { return above.Throttled() > 1; }));
  const double seen = Seconds(child.Stop().runq_throttled);
  const double told = above.Throttled();
  std::printf("held back %.3f s, by cpu.stat of the group above %.3f s\n", seen, told);
  EXPECT_NEAR(seen, told, 0.02 * told);
  EXPECT_LT(group.Throttled(), 0.01);
}

// The inner one holds first, as the sibling goes on; then both do, for most of the period.
TEST(QuotaTest, TwoQuotasAreNotCountedTwice) {
  const QuotaGroup above(30);
  const QuotaGroup group(10, &above);
  const QuotaGroup sibling(QuotaGroup::kNoQuota, &above);
  if (!sibling.ok()) {
    GTEST_SKIP() << "needs root and the cpu controller at the top of the control groups";
  }
  const Child other([&] {
    Join(sibling);
    Spin();
  });
  const Child child([&] {
    Join(group);
    Spin();
  });
  ASSERT_TRUE(Eventually([&] { return group.Throttled() > 1 && above.Throttled() > 1; }));
  const double seen = Seconds(child.Stop().runq_throttled);
  const double inner = group.Throttled(), outer = above.Throttled(), any = group.ThrottledByAny();
  std::printf("held back %.3f s, by cpu.stat %.3f s and %.3f s, by either %.3f s\n", seen, inner,
              outer, any);
  // Holds by the outer one count while the sibling is alone, too: they are no lower bound.
  EXPECT_GT(seen, 0.9 * inner);
  EXPECT_LT(seen, 1.02 * (any < 0 ? inner + outer : any));
}

// As the kernel has it; libc knows nothing of it.
struct DeadlineAttributes {
  std::uint32_t size = sizeof(DeadlineAttributes);
  std::uint32_t policy = 6;  // SCHED_DEADLINE
  std::uint64_t flags = 0;
  std::int32_t nice = 0;
  std::uint32_t priority = 0;
  std::uint64_t runtime = 2'000'000;
  std::uint64_t deadline = 20'000'000;
  std::uint64_t period = 20'000'000;
};

TEST(QuotaTest, AThreadThatHasUsedUpItsOwnRuntimeIsThrottled) {
  std::atomic<pid_t> tid = 0;
  std::atomic<bool> done = false;
  std::atomic<int> error = 0;
  std::thread thread([&] {
    DeadlineAttributes attributes;
    if (syscall(SYS_sched_setattr, 0, &attributes, 0) != 0) {
      error = errno;
      return;
    }
    tid = ThisThread();
    while (!done) {
    }
  });
  ASSERT_TRUE(Eventually([&] { return tid != 0 || error != 0; }));
  if (error != 0) {
    thread.join();
    GTEST_SKIP() << "SCHED_DEADLINE: " << strerror(error);
  }
  Sleep(100ms);
  const auto before = ReadThread(tid);
  Sleep(2s);
  const auto after = ReadThread(tid);
  done = true;
  thread.join();
  const PoolCounters spent = after->counters - before->counters;
  std::printf("%s\n", Parts(spent).c_str());
  EXPECT_GT(Seconds(spent.runq_throttled), 1.3);
  EXPECT_LT(Seconds(spent.RunQueue() - spent.runq_throttled), 0.1);
}

}  // namespace
}  // namespace loadline::agent
