// SPDX-License-Identifier: Apache-2.0
// Goal: a wait is laid to who ended it, with what that one waited for itself; an interrupt is
// nobody; what the probes cost ends with the budget, and nothing of them stays. Method: threads
// that wait for each other for times that they measure with their own clock.
#include <bpf/bpf.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "agent/src/kernel/wakeup_probes.h"
#include "tests/bpf/probes_env.h"
#include "tests/bpf/tcp_pair.h"

namespace loadline::agent {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using std::chrono_literals::operator""us;

constexpr Clock::Duration kPlenty = std::chrono::hours{1};

// A thread of this name that calls `turn` until the end, and adds up how long its waits took.
class Actor {
 public:
  Actor(const std::string& name, std::function<void(Actor&)> turn)
      : thread_([this, name, turn = std::move(turn)] {
          pthread_setname_np(pthread_self(), name.c_str());
          while (!quit_) {
            turn(*this);
          }
        }) {}
  ~Actor() { thread_.join(); }

  template <typename Wait>
  void Timed(Wait wait) {
    const Clock::Time began = Now();
    wait();
    waited_ += (Now() - began).count();
  }
  Clock::Duration waited() const { return Clock::Duration(waited_.load()); }
  void Quit() { quit_ = true; }

 private:
  std::atomic<bool> quit_{false};
  std::atomic<std::int64_t> waited_{0};
  std::thread thread_;
};

// Runs `during` while the probes are attached.
WaitReading Measured(Clock::Duration budget, const std::function<void()>& during) {
  bool done = false;
  absl::StatusOr<WaitReading> reading =
      MeasureWaits({.time = 60s, .budget = budget, .wait = [&](auto) {
                      if (!std::exchange(done, true)) {
                        during();
                      }
                      return true;
                    }});
  EXPECT_TRUE(reading.ok()) << reading.status();
  return reading.ok() ? *std::move(reading) : WaitReading();
}

bool IsOurs(const WaitPool& pool, std::string_view name) {
  return pool.tgid == getpid() && pool.name == name;
}

struct Sum {
  std::uint64_t waits = 0;
  Clock::Duration waited{};
  Clock::Duration waker_waited{};
};

// Of the edges from our pool `woken`; `waker` "" is an interrupt, "*" anybody.
Sum Edges(const WaitReading& reading, std::string_view woken, WaitReason reason,
          std::string_view waker) {
  Sum sum;
  for (const WaitEdge& edge : reading.edges) {
    const bool by = waker == "*" || (edge.waker ? IsOurs(*edge.waker, waker) : waker.empty());
    if (IsOurs(edge.woken, woken) && edge.reason == reason && by) {
      sum.waits += edge.waits;
      sum.waited += edge.waited;
      sum.waker_waited += edge.waker_waited;
    }
  }
  return sum;
}

std::string AllOurs(const WaitReading& reading) {
  std::string text;
  for (const WaitEdge& edge : reading.edges) {
    if (edge.woken.tgid == getpid()) {
      text += edge.woken.name + " waited " + std::to_string(edge.waited / 1us) + " us for " +
              std::string(Name(edge.reason)) + " by " +
              (edge.waker ? edge.waker->process + "/" + edge.waker->name : "interrupt") + ", " +
              std::to_string(edge.waits) + " times, " + edge.target + '\n';
    }
  }
  return text;
}

// client -condition-> worker -lock-> holder -sleep-> timer.
class Chain {
 public:
  Chain()
      : holder_("holder-1", [this](Actor& self) { Hold(self); }),
        worker_("worker-1", [this](Actor&) { Work(); }),
        client_("client-1", [this](Actor& self) { Ask(self); }) {}
  ~Chain() {
    client_.Quit();  // Each ends its turn with the others' help.
    quit_ = true;
    worker_.Quit();
    holder_.Quit();
    {
      const std::lock_guard lock(mutex_);
      asked_ = answered_ = true;
    }
    to_worker_.notify_all();
    to_client_.notify_all();
  }
  Clock::Duration client_waited() const { return client_.waited(); }

 private:
  void Hold(Actor&) {
    {
      const std::lock_guard lock(resource_);
      Sleep(20ms);
    }
    Sleep(1ms);  // glibc's mutexes are not fair.
  }
  void Work() {
    {
      std::unique_lock lock(mutex_);
      to_worker_.wait(lock, [this] { return asked_; });
      asked_ = quit_;
    }
    { const std::lock_guard lock(resource_); }
    {
      const std::lock_guard lock(mutex_);
      answered_ = true;
    }
    to_client_.notify_one();
  }
  void Ask(Actor& self) {
    {
      const std::lock_guard lock(mutex_);
      asked_ = true;
      answered_ = quit_;
    }
    to_worker_.notify_one();
    std::unique_lock lock(mutex_);
    self.Timed([&] { to_client_.wait(lock, [this] { return answered_; }); });
    lock.unlock();
    Sleep(3ms);  // The holder has the lock again.
  }

  std::mutex mutex_;
  std::mutex resource_;
  std::condition_variable to_worker_;
  std::condition_variable to_client_;
  bool asked_ = false;
  bool answered_ = false;
  std::atomic<bool> quit_{false};
  Actor holder_;
  Actor worker_;
  Actor client_;
};

void ExpectMost(Clock::Duration part, Clock::Duration of, const char* what) {
  EXPECT_GE(part, of * 95 / 100) << what;
  EXPECT_LE(part, of * 102 / 100) << what;
}

// A busy host makes the holder queue for a CPU when its sleep is over: then it did not wait while
// the worker did. So a reading may be taken anew, twice at most, and says why.
TEST(WakeupsTest, EachLinkOfAChainIsFound) {
  constexpr int kTriesMax = 3;
  Clock::Duration client_waited{};
  WaitReading reading;
  for (int tries = 0; tries < kTriesMax; ++tries) {
    reading = Measured(kPlenty, [&] {
      Chain chain;
      const Clock::Duration before = chain.client_waited();
      Sleep(2s);
      client_waited = chain.client_waited() - before;
    });
    const Sum behind = Edges(reading, "worker-*", WaitReason::kLock, "holder-*");
    if (behind.waker_waited >= behind.waited * 90 / 100) {
      break;
    }
    std::printf("try %d: the holder slept in %lld of the %lld us that the worker waited for it\n",
                tries + 1, static_cast<long long>(behind.waker_waited / 1us),
                static_cast<long long>(behind.waited / 1us));
  }
  SCOPED_TRACE(AllOurs(reading));
  const Sum client = Edges(reading, "client-*", WaitReason::kCondition, "worker-*");
  ASSERT_GT(client_waited, 1s);
  EXPECT_GE(client.waited, client_waited * 95 / 100);
  EXPECT_GE(client.waited,
            Edges(reading, "client-*", WaitReason::kCondition, "*").waited * 95 / 100);
  // While the client waited, its worker did.
  EXPECT_GE(client.waker_waited, client.waited * 90 / 100);
  const Sum worker = Edges(reading, "worker-*", WaitReason::kLock, "holder-*");
  ExpectMost(worker.waited, Edges(reading, "worker-*", WaitReason::kLock, "*").waited, "lock");
  EXPECT_GE(worker.waited, client.waited * 90 / 100);
  EXPECT_GE(worker.waker_waited, worker.waited * 90 / 100);
  // And the end of it is a clock's doing, whoever's CPU that ran on.
  const Sum holder = Edges(reading, "holder-*", WaitReason::kSleep, "");
  ExpectMost(holder.waited, Edges(reading, "holder-*", WaitReason::kSleep, "*").waited, "sleep");
}

TEST(WakeupsTest, ATimerIsNotTheDoingOfTheThreadThatItInterrupts) {
  const WaitReading reading = Measured(kPlenty, [] {
    std::vector<std::unique_ptr<Actor>> actors;
    std::atomic<bool> spin{true};
    for (int cpu = 0; cpu < 2; ++cpu) {
      actors.push_back(std::make_unique<Actor>("spinner", [&spin](Actor&) {
        while (spin) {
          sched_getaffinity(0, 0, nullptr);  // In and out of the kernel.
        }
      }));
    }
    for (int i = 0; i < 4; ++i) {
      actors.push_back(std::make_unique<Actor>("sleeper", [](Actor&) { Sleep(2ms); }));
    }
    Sleep(1s);
    spin = false;
    for (const auto& actor : actors) {
      actor->Quit();
    }
  });
  SCOPED_TRACE(AllOurs(reading));
  EXPECT_GT(Edges(reading, "sleeper", WaitReason::kSleep, "").waits, 200u);
  EXPECT_EQ(Edges(reading, "sleeper", WaitReason::kSleep, "spinner").waits, 0u);
}

TEST(WakeupsTest, APacketWithinTheHostIsTheDoingOfItsSender) {
  const TcpPair pair;
  const WaitReading reading = Measured(kPlenty, [&pair] {
    std::thread receiver([&pair] {
      pthread_setname_np(pthread_self(), "receiver");
      for (int i = 0; i < 50; ++i) {
        pair.Receive();
      }
    });
    std::thread sender([&pair] {
      pthread_setname_np(pthread_self(), "sender");
      for (int i = 0; i < 50; ++i) {
        Sleep(5ms);
        pair.Answer();
      }
    });
    sender.join();
    receiver.join();
  });
  SCOPED_TRACE(AllOurs(reading));
  const Sum all = Edges(reading, "receiver", WaitReason::kNetwork, "*");
  const Sum by_sender = Edges(reading, "receiver", WaitReason::kNetwork, "sender");
  EXPECT_GT(all.waited, 200ms);
  ExpectMost(by_sender.waited, all.waited, "network");
  EXPECT_NE(AllOurs(reading).find(pair.peer), std::string::npos);
}

TEST(WakeupsTest, AWaitThatBeganBeforeIsCountedFromTheBeginning) {
  std::atomic<pid_t> tid{0};
  const TcpPair pair;
  std::thread receiver([&] {
    pthread_setname_np(pthread_self(), "old");
    tid = ThisThread();
    pair.Receive();
  });
  ASSERT_TRUE(Eventually([&] { return tid != 0; }));
  Sleep(300ms);
  const WaitReading reading = Measured(kPlenty, [&pair] {
    Sleep(200ms);
    pair.Answer();
    Sleep(50ms);
  });
  receiver.join();
  SCOPED_TRACE(AllOurs(reading));
  const Clock::Duration waited = Edges(reading, "old", WaitReason::kNetwork, "*").waited;
  EXPECT_GE(waited, 190ms);
  EXPECT_LT(waited, 300ms);
}

// Two threads that hand each other a byte as fast as they can.
class PingPong {
 public:
  PingPong() {
    if (pipe(there_.data()) != 0 || pipe(back_.data()) != 0) {
      std::abort();
    }
    server_ = std::thread([this] {
      char byte = 0;
      while (read(there_[0], &byte, 1) == 1 && write(back_[1], &byte, 1) == 1) {
      }
    });
    client_ = std::thread([this] {
      char byte = 0;
      while (!quit_ && write(there_[1], &byte, 1) == 1 && read(back_[0], &byte, 1) == 1) {
      }
      close(there_[1]);
    });
  }
  ~PingPong() {
    quit_ = true;
    client_.join();
    server_.join();
    for (const int fd : {there_[0], back_[0], back_[1]}) {
      close(fd);
    }
  }

 private:
  std::array<int, 2> there_{};
  std::array<int, 2> back_{};
  std::atomic<bool> quit_{false};
  std::thread server_;
  std::thread client_;
};

TEST(WakeupsTest, TheBudgetEndsIt) {
  const PingPong load;
  const absl::StatusOr<WaitReading> reading =
      MeasureWaits({.time = 60s, .budget = 5ms, .wait = [](Clock::Duration time) {
                      Sleep(time);
                      return false;
                    }});
  ASSERT_TRUE(reading.ok()) << reading.status();
  EXPECT_EQ(reading->stop, WaitStop::kBudgetIsSpent);
  EXPECT_GT(reading->probe_time, 5ms);
  EXPECT_LT(reading->lasted, 30s);
  EXPECT_FALSE(reading->edges.empty());
}

int ProgramsLoaded() {
  int count = 0;
  for (__u32 id = 0; bpf_prog_get_next_id(id, &id) == 0;) {
    const int fd = bpf_prog_get_fd_by_id(id);
    bpf_prog_info info{};
    __u32 length = sizeof(info);
    if (fd >= 0 && bpf_obj_get_info_by_fd(fd, &info, &length) == 0 &&
        std::string_view(info.name).starts_with("ll_wake_")) {
      ++count;
    }
    close(fd);
  }
  return count;
}

TEST(WakeupsTest, NothingStays) {
  ASSERT_TRUE(Eventually([] { return ProgramsLoaded() == 0; })) << "of a test before";
  const WaitReading reading = Measured(kPlenty, [] { EXPECT_GE(ProgramsLoaded(), 4); });
  EXPECT_EQ(reading.stop, WaitStop::kAsked);
  EXPECT_TRUE(Eventually([] { return ProgramsLoaded() == 0; }));
}

TEST(WakeupsTest, ItStopsWhenItsTimeIsUp) {
  const absl::StatusOr<WaitReading> reading =
      MeasureWaits({.time = 200ms, .budget = kPlenty, .wait = [](Clock::Duration time) {
                      Sleep(time);
                      return false;
                    }});
  ASSERT_TRUE(reading.ok()) << reading.status();
  EXPECT_EQ(reading->stop, WaitStop::kTimeIsUp);
  EXPECT_GE(reading->lasted, 200ms);
}

}  // namespace
}  // namespace loadline::agent
