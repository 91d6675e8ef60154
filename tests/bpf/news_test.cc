// SPDX-License-Identifier: Apache-2.0
// Goal: a reading that walks over no task knows what one that does would know. Method: a walk over
// all first; what happens after it is told by the readings between it and the next.
#include <gtest/gtest.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <linux/futex.h>

#include "tests/bpf/probes_env.h"

namespace loadline::agent {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

constexpr int kReadings = 5;
constexpr auto kOldAfter = 1200ms;  // Younger threads are told of in each reading.

void WalkOverAll() {
  Probes().SetDetail(Detail());
  ReadHost();
}

std::optional<ThreadSample> Find(const HostReading& reading, pid_t tid) {
  for (const ThreadSample& thread : reading.threads) {
    if (thread.tid == tid) {
      return thread;
    }
  }
  return std::nullopt;
}

void PinTo(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  sched_setaffinity(0, sizeof(set), &set);
}

// Has a CPU for itself as long as it lives, but for the twentieth that the kernel keeps for others.
class Tyrant {
 public:
  explicit Tyrant(int cpu) : pid_(fork()) {
    if (pid_ == 0) {
      PinTo(cpu);
      const sched_param priority{.sched_priority = 1};
      if (sched_setscheduler(0, SCHED_FIFO, &priority) != 0) {
        _exit(1);
      }
      for (;;) {
      }
    }
    EXPECT_TRUE(Eventually([this] { return sched_getscheduler(pid_) == SCHED_FIFO; }));
  }
  ~Tyrant() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  Tyrant(const Tyrant&) = delete;
  Tyrant& operator=(const Tyrant&) = delete;

 private:
  pid_t pid_;
};

TEST(NewsTest, AThreadThatWasWokenIsQueuedAndBehindWhom) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  std::atomic<pid_t> tid{0};
  std::atomic<int> ran{0};
  std::thread woken([&] {
    PinTo(0);
    tid = ThisThread();
    char byte = 0;
    while (read(ends[0], &byte, 1) == 1 && byte != 'q') {
      ++ran;
    }
  });
  ASSERT_TRUE(Eventually([&] { return tid.load() != 0; }));
  PinTo(1);
  Sleep(kOldAfter);
  WalkOverAll();
  int waited = 0;
  int queued = 0;
  for (int i = 0; i < 10 * kReadings && waited < kReadings; ++i) {
    ASSERT_TRUE(Eventually([&] { return ran == i; }));
    const Clock::Duration before = Find(ReadHost(), tid)->counters.runq_neighbour;
    const Tyrant tyrant(0);
    ASSERT_EQ(write(ends[1], "x", 1), 1);
    Sleep(20ms);
    const auto now = Find(ReadHost(), tid);
    ASSERT_TRUE(now.has_value());
    if (ran != i) {
      continue;  // On a busy host the reading may come late, and the kernel lend it the CPU before.
    }
    ++waited;
    const bool behind = now->counters.runq_neighbour - before >= 10ms;
    queued += now->state == ThreadState::kRunnable && now->in_state >= 10ms && behind ? 1 : 0;
  }
  ASSERT_EQ(write(ends[1], "q", 1), 1);
  woken.join();
  EXPECT_GE(queued, kReadings - 1) << "of " << waited;
}

TEST(NewsTest, ThreadsThatBeganAreInTheNextReading) {
  constexpr int kThreads = 1200;  // More than one run of the program can tell.
  WalkOverAll();
  std::atomic<int> there{0};
  std::atomic<bool> leave{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      ++there;
      leave.wait(false);
    });
  }
  ASSERT_TRUE(Eventually([&] { return there == kThreads; }));
  Sleep(10ms);
  std::array<char, 16> text{};
  pthread_getname_np(pthread_self(), text.data(), text.size());
  const ThreadName name(text.data());
  int seen = 0;
  int with_pool = 0;
  for (const ThreadSample& thread : ReadHost().threads) {
    // What reads has a thread too, of another name.
    const bool own = thread.tgid == getpid() && thread.tid != getpid() && thread.name == name;
    seen += own ? 1 : 0;
    with_pool += own && thread.pool_number != 0 && !thread.kernel ? 1 : 0;
  }
  leave = true;
  leave.notify_all();
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(seen, kThreads);
  EXPECT_EQ(with_pool, kThreads);
}

TEST(NewsTest, AnOldThreadsNewNameIsANewPool) {
  std::atomic<int> step{0};
  std::atomic<pid_t> tid{0};
  std::thread thread([&] {
    pthread_setname_np(pthread_self(), "before");
    tid = ThisThread();
    step.wait(0);
    pthread_setname_np(pthread_self(), "after");
    step = 2;
    step.wait(2);
  });
  ASSERT_TRUE(Eventually([&] { return tid.load() != 0; }));
  Sleep(kOldAfter);
  WalkOverAll();
  const auto before = Find(ReadHost(), tid);
  step = 1;
  step.notify_all();
  ASSERT_TRUE(Eventually([&] { return step == 2; }));
  Sleep(50ms);  // It waits, and is not told of for being queued.
  const auto after = Find(ReadHost(), tid);
  step = 3;
  step.notify_all();
  thread.join();
  ASSERT_TRUE(before.has_value() && after.has_value());
  EXPECT_EQ(after->name, "after");
  EXPECT_NE(after->pool_number, before->pool_number);
}

// Another thread than the first begins a program of the same name: it takes over the first one's
// tid, and its pool stays what it is.
TEST(NewsTest, AThreadThatBecameTheFirstOfItsProcessIsThere) {
  int ready[2];
  int go[2];
  ASSERT_EQ(pipe(ready), 0);
  ASSERT_EQ(pipe(go), 0);
  const pid_t pid = fork();
  if (pid == 0) {
    pthread_setname_np(pthread_self(), "sleep");
    std::thread([&] {
      char byte = 0;
      if (write(ready[1], "x", 1) == 1 && read(go[0], &byte, 1) == 1) {
        execl("/bin/sleep", "sleep", "1000", nullptr);
      }
      _exit(1);
    }).join();
  }
  char byte = 0;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  Sleep(kOldAfter);
  WalkOverAll();
  const auto threads = [&] {
    const HostReading reading = ReadHost();
    return std::ranges::count(reading.threads, pid, &ThreadSample::tgid);
  };
  EXPECT_EQ(threads(), 2);
  ASSERT_EQ(write(go[1], "x", 1), 1);
  ASSERT_TRUE(Eventually([&] {
    std::ifstream comm("/proc/" + std::to_string(pid) + "/cmdline");
    std::string all;
    std::getline(comm, all);
    return all.find("1000") != std::string::npos;
  }));
  Sleep(50ms);  // It sleeps, and is not told of for being queued.
  EXPECT_EQ(threads(), 1);
  EXPECT_TRUE(Find(ReadHost(), pid).has_value());
  kill(pid, SIGKILL);
  waitpid(pid, nullptr, 0);
  for (const int end : {ready[0], ready[1], go[0], go[1]}) {
    close(end);
  }
}

void WaitOnFutex(std::uint32_t& word, Clock::Duration time) {
  const timespec limit{.tv_sec = 0, .tv_nsec = static_cast<long>(time.count())};
  syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &limit, nullptr, 0);
}

// Time that finds no room in the table of futexes is told when there is some.
TEST(NewsTest, TimeOnMoreFutexesThanTheTableHoldsIsNotLost) {
  constexpr std::size_t kThreads = 100;
  constexpr std::size_t kEach = 100;  // 10,000 in all, of which 8,192 find room.
  const std::uint64_t lost_before = Lost(ReadHost(), "futexes_full");
  std::vector<std::uint32_t> words(kThreads * kEach);
  std::atomic<std::size_t> waited{0};
  std::atomic<bool> once_more{false};
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      pthread_setname_np(pthread_self(), "many-futexes");
      for (std::size_t j = 0; j < kEach; ++j) {
        WaitOnFutex(words[i * kEach + j], 2ms);
      }
      ++waited;
      while (!once_more) {
        Sleep(1ms);
      }
      for (int j = 0; j < 5; ++j) {  // On a busy host the time may be up before one falls asleep.
        WaitOnFutex(words[i * kEach], 2ms);
      }
      ++waited;
      while (once_more) {
        Sleep(1ms);
      }
    });
  }
  ASSERT_TRUE(Eventually([&] { return waited == kThreads; }));
  Clock::Duration told{};
  std::size_t entries = 0;
  std::int64_t ended_elsewhere = 0;
  const auto read = [&] {
    const HostReading reading = ReadHost();
    for (const ExitedThreads& one : reading.exited) {
      ended_elsewhere += one.tgid == getpid() ? 0 : one.threads;
    }
    std::set<std::uint32_t> pools;
    for (const ThreadSample& one : reading.threads) {
      if (one.tgid == getpid() && one.name == "many-futexes") {
        pools.insert(one.pool_number);
      }
    }
    for (const FutexWaits& one : reading.futexes) {
      const bool own = one.tgid == getpid() && pools.contains(one.pool_number);
      told += own ? one.waited : Clock::Duration{};
      entries += own ? 1 : 0;
    }
    return reading;
  };
  read();
  EXPECT_GT(entries, 8000u) << "nothing was out of the ordinary";
  EXPECT_LT(entries, kThreads * kEach) << "all found room";
  once_more = true;
  ASSERT_TRUE(Eventually([&] { return waited == 2 * kThreads; }));
  const HostReading reading = read();
  once_more = false;
  for (std::thread& thread : threads) {
    thread.join();
  }
  Clock::Duration waited_for{};
  for (const ThreadSample& one : reading.threads) {
    const bool own = one.tgid == getpid() && one.name == "many-futexes";
    waited_for += own ? one.counters.blocked_for(WaitReason::kSync) : Clock::Duration{};
  }
  EXPECT_GE(waited_for, kThreads * kEach * 2ms);
  EXPECT_GE(told, waited_for - kThreads * 1ms);  // Of each, less than a quantum may still be due.
  EXPECT_LE(told, waited_for * 1001 / 1000);
  // Lost is only what is still due when a thread ends, as others on this host may just then.
  const std::uint64_t lost = Lost(reading, "futexes_full") - lost_before;
  EXPECT_LE(lost, static_cast<std::uint64_t>(ended_elsewhere));
}

}  // namespace
}  // namespace loadline::agent
