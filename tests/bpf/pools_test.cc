// SPDX-License-Identifier: Apache-2.0
// Goal: time in a run queue goes to who ran meanwhile; waits on registered futexes are idle; peers
// of waits that ended are summed up. Method: threads pinned to one CPU, a neighbour in another
// process, known addresses and sockets.
#include <gtest/gtest.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "tests/bpf/probes_env.h"
#include "tests/bpf/tcp_pair.h"

namespace loadline::agent {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

void PinTo(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  sched_setaffinity(0, sizeof(set), &set);
}

// Threads that compute on CPU 0 until they are told to stop.
class Spinners {
 public:
  explicit Spinners(const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      threads_.emplace_back([this, name] {
        pthread_setname_np(pthread_self(), name.c_str());
        PinTo(0);
        tids_.push_back(ThisThread());
        ++ready_;
        while (!quit_) {
        }
      });
      EXPECT_TRUE(Eventually([this] { return ready_.load() == threads_.size(); }));
    }
  }
  ~Spinners() {
    quit_ = true;
    for (std::thread& thread : threads_) {
      thread.join();
    }
  }
  pid_t tid(std::size_t i) const { return tids_[i]; }

 private:
  std::atomic<std::size_t> ready_{0};
  std::atomic<bool> quit_{false};
  std::vector<pid_t> tids_;  // Written by one thread at a time: the constructor waits for each.
  std::vector<std::thread> threads_;
};

std::map<pid_t, ThreadSample> OwnThreads() {
  HostReading reading;
  const pid_t self[] = {getpid()};
  EXPECT_TRUE(Probes().ReadProcesses(self, reading).ok());
  std::map<pid_t, ThreadSample> threads;
  for (ThreadSample& thread : reading.threads) {
    threads[thread.tid] = std::move(thread);
  }
  return threads;
}

double Share(Clock::Duration part, Clock::Duration whole) {
  return static_cast<double>(part.count()) / static_cast<double>(whole.count());
}

// Of a queue that is open when it is read, the last moments are not attributed yet.
Clock::Duration Open(const ThreadSample& before, const ThreadSample& after) {
  return before.in_state + after.in_state;
}

// Of threads that are always runnable on one CPU, each is queued whenever another runs: what one
// waited for the others is what the others ran, however many strangers use that CPU as well.
TEST(RunQueueTest, ThreadsOfOnePoolWaitForTheirOwn) {
  const Spinners spinners({"same-1", "same-2", "same-3"});
  std::map<pid_t, ThreadSample> before = OwnThreads();
  Sleep(1s);
  std::map<pid_t, ThreadSample> after = OwnThreads();
  const auto seen = [&](std::size_t i) {
    return after[spinners.tid(i)].counters - before[spinners.tid(i)].counters;
  };
  const PoolCounters waited = seen(0);
  const Clock::Duration others_ran = seen(1).on_cpu + seen(2).on_cpu;
  const Clock::Duration open = Open(before[spinners.tid(0)], after[spinners.tid(0)]);
  ASSERT_GT(others_ran, 50ms);
  EXPECT_NEAR(Share(waited.runq_self, others_ran), 1.0, 0.1 + Share(open, others_ran));
  EXPECT_LT(waited.runq_unattributed, waited.RunQueue() / 20 + open);
}

void ExpectToWaitForNeighbours(pid_t tid) {
  const auto before = ReadThread(tid);
  Sleep(1s);
  const auto after = ReadThread(tid);
  const PoolCounters seen = after->counters - before->counters;
  ASSERT_GT(seen.RunQueue(), 200ms);
  EXPECT_EQ(seen.runq_self, 0ms);
  EXPECT_GT(seen.runq_neighbour, seen.RunQueue() - seen.RunQueue() / 20 - Open(*before, *after));
}

TEST(RunQueueTest, ThreadsOfAnotherPoolAreNeighbours) {
  const Spinners spinners({"mine-1", "theirs-1"});
  ExpectToWaitForNeighbours(spinners.tid(0));
}

TEST(RunQueueTest, APoolThatUserSpaceAssignedCountsNotTheName) {
  const Spinners spinners({"named-a", "named-b"});
  for (const std::size_t i : {0, 1}) {
    ASSERT_TRUE(Probes().AssignPool(spinners.tid(i), 7).ok());
  }
  const auto before = ReadThread(spinners.tid(0));
  Sleep(1s);
  const auto after = ReadThread(spinners.tid(0));
  EXPECT_GT((after->counters - before->counters).runq_self, 50ms);
}

TEST(RunQueueTest, AssigningAPoolRefusesWhatItCannotDo) {
  EXPECT_EQ(Probes().AssignPool(ThisThread(), 0).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Probes().AssignPool(ThisThread(), 0x80000000).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Probes().AssignPool(0x3fffff, 1).code(), absl::StatusCode::kNotFound);
}

TEST(RunQueueTest, AnotherProcessIsANeighbour) {
  const pid_t neighbour = fork();
  if (neighbour == 0) {
    PinTo(0);
    for (;;) {
    }
  }
  const Spinners spinners({"alone"});
  ExpectToWaitForNeighbours(spinners.tid(0));
  kill(neighbour, SIGKILL);
  waitpid(neighbour, nullptr, 0);
}

// Waits until told otherwise.
class Waiter {
 public:
  Waiter()
      : thread_([this] {
          tid_ = ThisThread();
          std::unique_lock lock(mutex_);
          condition_.wait(lock, [this] { return quit_; });
        }) {}
  ~Waiter() {
    {
      const std::lock_guard lock(mutex_);
      quit_ = true;
    }
    condition_.notify_all();
    thread_.join();
  }
  bool WaitsFor(WaitReason reason) {
    return Eventually([this, reason] {
      const auto now = ReadThread(tid_);
      return now && now->state == ThreadState::kBlocked && now->reason == reason;
    });
  }
  // Wakes the thread, so that it waits anew.
  void Nudge() { condition_.notify_all(); }
  const std::condition_variable& condition() const { return condition_; }

 private:
  std::atomic<pid_t> tid_{0};
  std::mutex mutex_;
  std::condition_variable condition_;
  bool quit_ = false;
  std::thread thread_;
};

TEST(IdleTest, AWaitOnARegisteredConditionIsIdleUntilTheProcessIsRemoved) {
  Waiter waiter;
  ASSERT_TRUE(waiter.WaitsFor(WaitReason::kCondition));
  const auto start = reinterpret_cast<std::uint64_t>(&waiter.condition());
  ASSERT_TRUE(Probes().AddIdleAddresses(getpid(), start, sizeof(pthread_cond_t)).ok());
  waiter.Nudge();
  EXPECT_TRUE(waiter.WaitsFor(WaitReason::kIdle));

  Probes().RemoveProcess(getpid());
  waiter.Nudge();
  EXPECT_TRUE(waiter.WaitsFor(WaitReason::kCondition));
}

TEST(IdleTest, ARangeOutOfBoundsIsRefused) {
  EXPECT_TRUE(Probes().AddIdleAddresses(getpid(), 4096, 4096).ok());
  EXPECT_EQ(Probes().AddIdleAddresses(getpid(), 4096, 0).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Probes().AddIdleAddresses(getpid(), 4096, 4097).code(),
            absl::StatusCode::kInvalidArgument);
  Probes().RemoveProcess(getpid());
}

TEST(PeerTest, WaitsThatEndedAreSummedUpByPeer) {
  const TcpPair pair;
  std::atomic<bool> done{false};
  std::thread client([&] {
    pthread_setname_np(pthread_self(), "client-3");
    for (int i = 0; i < 5; ++i) {
      pair.Receive();
    }
    done = true;
  });
  while (!done) {
    Sleep(10ms);
    pair.Answer();
  }
  client.join();
  bool found = false;
  for (const PeerTotal& total : ReadHost().peers) {
    if (total.peer.text == pair.peer && total.tgid == getpid()) {
      found = true;
      EXPECT_EQ(total.pool, "client-*");
      EXPECT_GE(total.waits, 3);
      EXPECT_GT(total.waited, 25ms);
      EXPECT_LT(total.waited, 5s);
    }
  }
  EXPECT_TRUE(found);
}

}  // namespace
}  // namespace loadline::agent
