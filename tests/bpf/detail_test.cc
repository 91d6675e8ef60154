// SPDX-License-Identifier: Apache-2.0
// Goal: what is switched off costs and counts nothing, what is left on goes on, and what comes back
// begins anew. Method: threads that sleep while features are taken away and given back.
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/bpf/probes_env.h"
#include "tests/bpf/tcp_pair.h"

namespace loadline::agent {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using std::chrono_literals::operator""us;

class DetailTest : public ::testing::Test {
 protected:
  ~DetailTest() override { Probes().SetDetail(Detail()); }

  static void Without(Feature feature) {
    Detail detail;
    detail.set(feature, false);
    Probes().SetDetail(detail);
  }
  static Clock::Duration Slept(pid_t tid) {
    return ReadThread(tid)->counters.blocked_for(WaitReason::kSleep);
  }
};

// Sleeps over and over, in 10 ms.
class Sleeper {
 public:
  Sleeper()
      : thread_([this] {
          tid_ = ThisThread();
          while (!quit_) {
            Sleep(10ms);
          }
        }) {
    EXPECT_TRUE(Eventually([this] { return tid_.load() != 0; }));
  }
  ~Sleeper() {
    quit_ = true;
    thread_.join();
  }
  pid_t tid() const { return tid_; }

 private:
  std::atomic<pid_t> tid_{0};
  std::atomic<bool> quit_{false};
  std::thread thread_;
};

TEST_F(DetailTest, WithoutTheUnregisteredOnlyThoseInAPoolAreCounted) {
  const Sleeper anybody;
  const Sleeper member;
  ASSERT_TRUE(Probes().AssignPool(member.tid(), 7).ok());
  Without(Feature::kUnregistered);
  Sleep(50ms);
  const Clock::Duration before = Slept(anybody.tid());
  const Clock::Duration member_before = Slept(member.tid());
  Sleep(500ms);
  EXPECT_EQ(Slept(anybody.tid()), before);
  EXPECT_GT(Slept(member.tid()) - member_before, 400ms);

  Probes().SetDetail(Detail());
  Sleep(500ms);
  const Clock::Duration since = Slept(anybody.tid()) - before;
  EXPECT_GT(since, 400ms);
  EXPECT_LT(since, 900ms) << "time in which it was left out was made up for";
}

Clock::Duration All(const PoolCounters& counters) {
  return counters.on_cpu + counters.RunQueue() + counters.Blocked();
}

TEST_F(DetailTest, WhoIsRegisteredLaterIsCountedFromThenOn) {
  const Sleeper moves;  // By its own switch.
  const Sleeper assigned;
  std::atomic<bool> quit{false};
  std::atomic<pid_t> waits_tid{0};
  std::thread waits([&] {
    waits_tid = ThisThread();
    quit.wait(false);
  });
  ASSERT_TRUE(Eventually([&] { return waits_tid.load() != 0; }));
  const auto all = [](pid_t tid) { return All(ReadThread(tid)->counters); };
  Sleep(10ms);
  Without(Feature::kUnregistered);
  std::map<pid_t, Clock::Duration> before;
  for (const pid_t tid : {moves.tid(), assigned.tid(), waits_tid.load()}) {
    before[tid] = all(tid);
  }
  Sleep(1s);
  ASSERT_TRUE(Probes().AssignPool(assigned.tid(), 8).ok());
  ASSERT_TRUE(Probes().ledgers()->Open(getpid()).ok());
  Sleep(300ms);
  for (const auto& [tid, was] : before) {
    EXPECT_LT(all(tid) - was, 900ms) << "time in which it was left out was made up for";
    EXPECT_GT(all(tid) - was, 250ms) << "it is left out still";
  }
  Probes().ledgers()->Close(getpid());
  quit = true;
  quit.notify_all();
  waits.join();
}

TEST_F(DetailTest, AnEndCountsNothingOfTheTimeInWhichTheThreadWasLeftOut) {
  constexpr char kName[] = "ends-unseen";
  std::atomic<bool> quit{false};
  std::atomic<bool> there{false};
  std::thread thread([&] {
    pthread_setname_np(pthread_self(), kName);
    there = true;
    quit.wait(false);
  });
  ASSERT_TRUE(Eventually([&] { return there.load(); }));
  ReadHost();
  Without(Feature::kUnregistered);
  Sleep(1s);
  const std::uint64_t paused = Lost(ReadHost(), "paused");
  quit = true;
  quit.notify_all();
  thread.join();
  Clock::Duration counted{};
  std::int64_t threads = 0;
  std::uint64_t paused_now = 0;
  EXPECT_TRUE(Eventually([&] {
    const HostReading reading = ReadHost();
    paused_now = Lost(reading, "paused");
    for (const ExitedThreads& exited : reading.exited) {
      if (exited.tgid == getpid() && exited.name == kName) {
        threads += exited.threads;
        counted += All(exited.counters);
      }
    }
    return threads != 0;
  }));
  EXPECT_EQ(threads, 1);
  EXPECT_LT(counted, 500ms);
  EXPECT_GT(paused_now, paused);
}

TEST_F(DetailTest, AReadingOfTheRegisteredHoldsNobodyElse) {
  HostReading reading;
  const pid_t self[] = {getpid()};
  ASSERT_TRUE(Probes().ReadRegistered(self, reading).ok());
  EXPECT_FALSE(reading.detail.has(Feature::kUnregistered));
  EXPECT_FALSE(reading.threads.empty());
  for (const ThreadSample& thread : reading.threads) {
    EXPECT_EQ(thread.tgid, getpid());
  }
}

TEST_F(DetailTest, WithoutPeersNoneIsLookedUp) {
  const auto waited = [] {
    Clock::Duration sum{};
    for (const PeerTotal& peer : ReadHost().peers) {
      sum += peer.tgid == getpid() ? peer.waited : Clock::Duration{};
    }
    return sum;
  };
  TcpPair pair;
  const auto wait_for_a_byte = [&pair] {
    std::thread reader([&pair] { pair.Receive(); });
    Sleep(50ms);
    pair.Answer();
    reader.join();
  };
  wait_for_a_byte();
  const Clock::Duration before = waited();
  EXPECT_GT(before, 20ms);
  Without(Feature::kPeers);
  wait_for_a_byte();
  EXPECT_TRUE(ReadHost().peers.empty());
  Probes().SetDetail(Detail());
  EXPECT_EQ(waited(), before);
}

// A server at a path, with one client.
struct UnixServer {
  std::string path;
  int listener = -1;
  int client = -1;
  int server = -1;

  explicit UnixServer(std::string at) : path(std::move(at)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    listener = socket(AF_UNIX, SOCK_STREAM, 0);
    client = socket(AF_UNIX, SOCK_STREAM, 0);
    const auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (bind(listener, generic, sizeof(address)) != 0 || listen(listener, 1) != 0 ||
        connect(client, generic, sizeof(address)) != 0) {
      std::abort();
    }
    server = accept(listener, nullptr, nullptr);
  }
  ~UnixServer() {
    close(client);
    close(server);
    close(listener);
    unlink(path.c_str());
  }
};

TEST_F(DetailTest, TheFarEndOfAUnixSocketIsItsPath) {
  for (const std::string& path :
       {testing::TempDir() + "loadline-detail-test-" + std::to_string(getpid()) + "/api.sock",
        "/tmp/ll" + std::to_string(getpid())}) {
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    const UnixServer server(path);
    std::atomic<pid_t> tid{0};
    std::thread reader([&] {
      tid = ThisThread();
      char byte = 0;
      EXPECT_EQ(read(server.client, &byte, 1), 1);
    });
    EXPECT_TRUE(Eventually([&] {
      const HostReading reading = ReadHost();
      const auto thread = std::ranges::find(reading.threads, tid.load(), &ThreadSample::tid);
      return thread != reading.threads.end() && thread->reason == WaitReason::kIpc &&
             thread->peer.text == path;
    })) << path;
    Sleep(20ms);
    EXPECT_EQ(write(server.server, "x", 1), 1);
    reader.join();
    Clock::Duration waited{};
    for (const PeerTotal& peer : ReadHost().peers) {
      waited += peer.peer.text == path ? peer.waited : Clock::Duration{};
    }
    EXPECT_GE(waited, 20ms) << path;
  }
  std::filesystem::remove(testing::TempDir() + "loadline-detail-test-" + std::to_string(getpid()));
}

TEST_F(DetailTest, TheFutexThatThreadsQueueForIsTheHottest) {
  constexpr std::uint32_t kPool = 1001;
  std::mutex mutex;
  std::atomic<int> ready{0};
  std::vector<std::thread> threads;
  ReadHost();
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      {
        const std::lock_guard lock(mutex);  // The source is for one thread at a time.
        EXPECT_TRUE(Probes().AssignPool(ThisThread(), kPool).ok());
      }
      ++ready;
      while (ready < 4) {
        Sleep(1ms);
      }
      for (int turn = 0; turn < 10; ++turn) {
        const std::lock_guard lock(mutex);
        Sleep(5ms);
      }
    });
  }
  ASSERT_TRUE(Eventually([&] { return ready.load() == 4; }));
  Sleep(20ms);
  int waiting = 0;
  for (const ThreadSample& thread : ReadHost().threads) {
    waiting += thread.futex == reinterpret_cast<std::uintptr_t>(&mutex) ? 1 : 0;
  }
  EXPECT_GE(waiting, 2) << "of 3: one may have been woken in vain";
  for (std::thread& thread : threads) {
    thread.join();
  }
  Clock::Duration waited{};
  Clock::Duration elsewhere{};
  for (const FutexWaits& one : ReadHost().futexes) {
    if (one.tgid == getpid() && one.pool_number == kPool) {
      (one.address == reinterpret_cast<std::uintptr_t>(&mutex) ? waited : elsewhere) += one.waited;
    }
  }
  EXPECT_GT(waited, 100ms) << "of 3 threads for 200 ms";
  EXPECT_LT(elsewhere, 10ms);
}

void ComputeOn(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  sched_setaffinity(0, sizeof(set), &set);
}

TEST_F(DetailTest, TheProcessThatHasTheCpuIsTheNeighbour) {
  constexpr std::uint32_t kPool = 1002;
  const pid_t neighbour = fork();
  if (neighbour == 0) {
    ComputeOn(0);
    for (;;) {
    }
  }
  ReadHost();
  std::thread victim([] {
    EXPECT_TRUE(Probes().AssignPool(ThisThread(), kPool).ok());
    ComputeOn(0);
    const Clock::Time end = Now() + 1s;
    while (Now() < end) {
    }
  });
  victim.join();
  Clock::Duration behind{};
  Clock::Duration all{};
  for (const NeighbourWaits& one : ReadHost().neighbours) {
    if (one.tgid == getpid() && one.pool_number == kPool) {
      all += one.waited;
      behind += one.neighbour == neighbour ? one.waited : Clock::Duration{};
    }
  }
  kill(neighbour, SIGKILL);
  waitpid(neighbour, nullptr, 0);
  EXPECT_GT(all, 100ms);
  EXPECT_GT(behind, 2ms) << "of " << all.count() << " ns, as others may compute there as well";
}

TEST_F(DetailTest, ALoopThatComputesForLongBetweenTwoPollsIsCounted) {
  const int epoll = epoll_create1(0);
  std::thread loop([epoll] {
    epoll_event event{};
    const auto ran_in_loop = [&](Clock::Duration computes) {
      epoll_wait(epoll, &event, 1, 5);
      const Clock::Duration before = ReadThread(ThisThread())->loop_ran;
      const Clock::Duration start = ReadThread(ThisThread())->counters.on_cpu;
      while (ReadThread(ThisThread())->counters.on_cpu - start < computes) {
      }
      epoll_wait(epoll, &event, 1, 5);
      return ReadThread(ThisThread())->loop_ran - before;
    };
    EXPECT_GE(ran_in_loop(80ms), 80ms);
    EXPECT_EQ(ran_in_loop(5ms), 0ms);
  });
  loop.join();
  close(epoll);
}

// Waits of this thread that are in the histogram, by kind.
std::map<std::size_t, LatencyHistogram> NewsOf(std::uint32_t histogram) {
  std::map<std::size_t, LatencyHistogram> sums;
  for (const WaitHistogram& one : ReadHost().histograms) {
    if (one.histogram == histogram) {
      sums[one.kind] += one.waits;
    }
  }
  return sums;
}

TEST_F(DetailTest, AHistogramCountsEachWaitOfItsPoolAndNoOthers) {
  constexpr std::uint32_t kPool = 1000;
  constexpr std::uint32_t kHistogram = 3;
  const Sleeper anybody;
  ASSERT_GT(Probes().histograms_max(), kHistogram);
  std::thread member([&] {
    EXPECT_TRUE(Probes().AssignPool(ThisThread(), kPool).ok());
    const std::uint32_t pools[] = {kPool};
    EXPECT_TRUE(Probes().SetHistogram(kHistogram, pools));
    NewsOf(kHistogram);
    for (int i = 0; i < 20; ++i) {
      Sleep(10ms);
    }
    const auto sums = NewsOf(kHistogram);
    ASSERT_TRUE(sums.contains(static_cast<std::size_t>(WaitReason::kSleep)));
    ASSERT_TRUE(sums.contains(kRunQueueKind));
    const LatencyHistogram& slept = sums.at(static_cast<std::size_t>(WaitReason::kSleep));
    EXPECT_LE(slept.count(), 20u);  // A switch or two may be hidden from tracing: docs/kernel.md.
    EXPECT_GE(slept.count(), 18u);
    EXPECT_GE(slept.sum(), 18 * 10ms);
    EXPECT_GE(slept.Quantile(0.5), 9'300us);
    EXPECT_LE(slept.Quantile(0.5), 14ms);
    EXPECT_GE(sums.at(kRunQueueKind).count(), 18u);

    EXPECT_TRUE(Probes().SetHistogram(kHistogram, {}));
    Sleep(10ms);
    EXPECT_FALSE(NewsOf(kHistogram).contains(static_cast<std::size_t>(WaitReason::kSleep)));
    Without(Feature::kHistograms);
    Sleep(10ms);
    EXPECT_TRUE(NewsOf(0).empty());
  });
  member.join();
}

}  // namespace
}  // namespace loadline::agent
