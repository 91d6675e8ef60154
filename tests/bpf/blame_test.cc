// SPDX-License-Identifier: Apache-2.0
// Goal: a wait without a holder is laid to what it was for: rest where work came from outside, a
// peer where others were waited for that waited for one, a CPU where somebody computed. Method:
// programs whose threads wait for each other in known ways, each watched for a second.
#include <bpf/bpf.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "agent/src/kernel/bpf_source.h"
#include "tests/bpf/blame_workloads.h"
#include "tests/bpf/probes_env.h"

namespace loadline::agent {

absl::StatusOr<std::unique_ptr<Source>> OpenTestSource() {
  using std::chrono_literals::operator""s;
  return BpfSource::Create({.watch = {.span = 1s, .every = 1s, .share_max = 1}});
}

namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using std::chrono_literals::operator""us;

using Pools = std::span<const std::pair<pid_t, std::uint32_t>>;

// Number of each of our pools.
using Numbers = std::map<std::string, std::uint32_t, std::less<>>;

Numbers NumbersOf(const HostReading& reading) {
  Numbers numbers;
  for (const ThreadSample& thread : reading.threads) {
    if (thread.tgid == getpid()) {
      numbers[std::string(thread.name.view())] = thread.pool_number;
    }
  }
  return numbers;
}

struct Watched {
  HostReading reading;
  Numbers numbers;

  std::string NameOf(pid_t tgid, std::uint32_t number) const {
    for (const auto& [name, other] : numbers) {
      if (tgid == getpid() && number == other) {
        return name;
      }
    }
    return std::to_string(tgid) + "/" + std::to_string(number);
  }
};

// One whole watch, beside what is running.
Watched Watch() {
  const std::pair<pid_t, std::uint32_t> all[] = {{getpid(), 0}};
  Probes().WatchWakes(all);
  EXPECT_EQ(ReadHost().watched, 0s);
  Sleep(1100ms);
  Watched watched;
  watched.reading = ReadHost();
  Probes().WatchWakes({});
  watched.numbers = NumbersOf(watched.reading);
  return watched;
}

std::string Text(const Watched& watched) {
  std::string text = "watched " + std::to_string(watched.reading.watched / 1ms) + " ms\n";
  for (const WaitBlame& blame : watched.reading.blames) {
    if (blame.tgid != getpid()) {
      continue;
    }
    text += watched.NameOf(blame.tgid, blame.pool_number) + " waited " +
            std::to_string(blame.waited / 1us) + " us for " + std::string(Name(blame.waited_for)) +
            ": " + watched.NameOf(blame.waker_tgid, blame.waker_pool_number) + " " +
            std::string(Name(blame.did)) + " " + std::string(Name(blame.reason)) + ", " +
            std::to_string(blame.waits) + " waits\n";
  }
  for (const PoolWakes& wakes : watched.reading.wakes) {
    text += watched.NameOf(wakes.waker_tgid, wakes.waker_pool_number) + " woke " +
            watched.NameOf(wakes.woken_tgid, wakes.woken_pool_number) + " " +
            std::to_string(wakes.wakes) + " times\n";
  }
  return text;
}

// Of the waits of our pool `waiter`, the part that is laid so; `waker` "" is anybody. The time in
// which who was waited for was queued behind programs that are not ours is left out.
double Share(const Watched& watched, std::string_view waiter, WakerDid did,
             WaitReason reason = WaitReason::kOther, std::string_view waker = "") {
  Clock::Duration part{};
  Clock::Duration all{};
  for (const WaitBlame& blame : watched.reading.blames) {
    if (watched.NameOf(blame.tgid, blame.pool_number) != waiter) {
      continue;
    }
    if (blame.did == WakerDid::kQueued) {
      continue;
    }
    all += blame.waited;
    const bool by =
        waker.empty() || watched.NameOf(blame.waker_tgid, blame.waker_pool_number) == waker;
    if (blame.did == did && by && (did != WakerDid::kWaited || blame.reason == reason)) {
      part += blame.waited;
    }
  }
  const double share = all > Clock::Duration{}
                           ? static_cast<double>(part.count()) / static_cast<double>(all.count())
                           : 0;
  std::printf("%s: %s %s %.3f of %lld ms\n", std::string(waiter).c_str(),
              std::string(Name(did)).c_str(), std::string(waker).c_str(), share,
              static_cast<long long>(all / 1ms));
  return share;
}

std::uint64_t Wakes(const Watched& watched, std::string_view waker, std::string_view woken) {
  for (const PoolWakes& wakes : watched.reading.wakes) {
    if (watched.NameOf(wakes.waker_tgid, wakes.waker_pool_number) == waker &&
        watched.NameOf(wakes.woken_tgid, wakes.woken_pool_number) == woken) {
      return wakes.wakes;
    }
  }
  return 0;
}

TEST(BlameTest, WorkersThatAnAcceptorFeedsRest) {
  Queue queue;
  Arrivals arrivals(10ms);
  Crew workers("worker", 8, [&](int) {
    queue.Pop();
    Compute(200us);
  });
  Crew acceptor("acceptor", 1, [&](int) {
    arrivals.Poll();
    queue.Push();
  });
  const Watched watched = Watch();
  workers.Quit();
  queue.Close();
  SCOPED_TRACE(Text(watched));
  EXPECT_GT(Share(watched, "worker", WakerDid::kRested, {}, "acceptor"), 0.85);
}

void ExpectNetwork(Connections& connections) {
  Crew workers("worker", 20, [&](int) { connections.Use(); });
  const Watched watched = Watch();
  SCOPED_TRACE(Text(watched));
  EXPECT_GT(Share(watched, "worker", WakerDid::kWaited, WaitReason::kNetwork, "worker"), 0.9);
}

TEST(BlameTest, WaitersForAConnectionWaitForWhatItsHoldersWaitFor) {
  ConditionConnections connections(20ms);
  ExpectNetwork(connections);
}

TEST(BlameTest, ThatEachParksAtAWordOfItsOwnChangesNothing) {
  ParkingConnections connections(20ms);
  ExpectNetwork(connections);
}

TEST(BlameTest, WorkersThatParkAtWordsOfTheirOwnRest) {
  Arrivals arrivals(10ms);
  std::array<Parking, 4> parking;
  Crew workers("worker", 4, [&](int i) {
    parking[static_cast<std::size_t>(i)].Park();
    Compute(200us);
  });
  std::size_t turn = 0;
  Crew acceptor("acceptor", 1, [&](int) {
    arrivals.Poll();
    parking[turn++ % parking.size()].Unpark();
  });
  const Watched watched = Watch();
  acceptor.Quit();
  workers.Quit();
  Sleep(50ms);
  for (Parking& each : parking) {
    each.Unpark();
  }
  SCOPED_TRACE(Text(watched));
  EXPECT_GT(Share(watched, "worker", WakerDid::kRested, {}, "acceptor"), 0.85);
}

void ExpectRan(int value) {
  WordLock lock(value);
  Crew threads("member", 6, [&](int) {
    lock.Lock();
    Compute(5ms);
    lock.Unlock();
    Sleep(100us);
  });
  const Watched watched = Watch();
  SCOPED_TRACE(Text(watched));
  EXPECT_GT(Share(watched, "member", WakerDid::kRan, {}, "member"), 0.9);
}

TEST(BlameTest, WhoWaitsForAWordOfOneThatComputesWaitsForACpu) { ExpectRan(3); }

TEST(BlameTest, ThatItLooksLikeALockChangesNothing) { ExpectRan(2); }

// Idle threads that a worker wakes now and then, which itself waits for a peer most of the time,
// but for work when it is handed some.
TEST(BlameTest, WhatAWorkerDidBeforeItWasHandedWorkIsNotWhatOthersWaitFor) {
  Queue work;
  Queue compile;
  Arrivals arrivals(100ms);
  SlowPeer peer(60ms);
  Crew compilers("compiler", 2, [&](int) {
    compile.Pop();
    Compute(100us);
  });
  Crew worker("worker", 1, [&](int) {
    work.Pop();
    Compute(200us);
    compile.Push();
    peer.Ask();
  });
  Crew acceptor("acceptor", 1, [&](int) {
    arrivals.Poll();
    work.Push();
  });
  const Watched watched = Watch();
  compilers.Quit();
  worker.Quit();
  work.Close();
  compile.Close();
  SCOPED_TRACE(Text(watched));
  EXPECT_GT(Share(watched, "compiler", WakerDid::kRested, {}, "acceptor"), 0.85);
  EXPECT_LT(Share(watched, "compiler", WakerDid::kWaited, WaitReason::kNetwork), 0.1);
}

TEST(BlameTest, ABoundedQueueWakesBothWays) {
  Queue queue(4);
  Crew consumers("consumer", 1, [&](int) {
    queue.Pop();
    Sleep(2ms);
  });
  Crew producers("producer", 3, [&](int) { queue.Push(); });
  const Watched watched = Watch();
  consumers.Quit();
  producers.Quit();
  queue.Close();
  SCOPED_TRACE(Text(watched));
  EXPECT_GT(Wakes(watched, "consumer", "producer"), 50u);
  EXPECT_GT(Share(watched, "producer", WakerDid::kWaited, WaitReason::kSleep, "consumer"), 0.8);
}

TEST(BlameTest, WorkThatIsHandedOneWayWakesOneWay) {
  Queue queue;
  Crew consumers("consumer", 4, [&](int) { queue.Pop(); });
  Crew producers("producer", 1, [&](int) {
    Sleep(5ms);
    queue.Push();
  });
  const Watched watched = Watch();
  consumers.Quit();
  producers.Quit();
  queue.Close();
  SCOPED_TRACE(Text(watched));
  EXPECT_GT(Wakes(watched, "producer", "consumer"), 50u);
  EXPECT_LT(Wakes(watched, "consumer", "producer") * 2, Wakes(watched, "producer", "consumer"));
  EXPECT_GT(Share(watched, "consumer", WakerDid::kWaited, WaitReason::kSleep, "producer"), 0.8);
}

// They take turns in the poll: who comes back from it appoints another, and works.
TEST(BlameTest, FollowersOfALeaderThatPollsRest) {
  Arrivals arrivals(10ms);
  std::mutex mutex;
  std::condition_variable appointed;
  bool has_leader = false;
  bool quit = false;
  Crew members("member", 4, [&](int) {
    std::unique_lock lock(mutex);
    appointed.wait(lock, [&] { return !has_leader || quit; });
    has_leader = true;
    lock.unlock();
    arrivals.Poll();
    lock.lock();
    has_leader = false;
    lock.unlock();
    appointed.notify_one();
    Compute(1ms);
  });
  const Watched watched = Watch();
  members.Quit();
  {
    const std::lock_guard lock(mutex);
    quit = true;
  }
  appointed.notify_all();
  SCOPED_TRACE(Text(watched));
  EXPECT_GT(Share(watched, "member", WakerDid::kRested, {}, "member"), 0.9);
}

// As a lock of an interpreter, whose waiters look again every few milliseconds.
TEST(BlameTest, AWaitThatLooksAgainAndAgainIsOneWait) {
  std::mutex mutex;
  std::condition_variable let_go;
  bool taken = false;
  Crew members("member", 3, [&](int) {
    std::unique_lock lock(mutex);
    while (!let_go.wait_for(lock, 20ms, [&] { return !taken; })) {
    }
    taken = true;
    lock.unlock();
    Sleep(70ms);
    lock.lock();
    taken = false;
    lock.unlock();
    let_go.notify_one();
    Sleep(100us);
  });
  const Watched watched = Watch();
  SCOPED_TRACE(Text(watched));
  EXPECT_GT(Share(watched, "member", WakerDid::kWaited, WaitReason::kSleep, "member"), 0.7);
}

TEST(BlameTest, WhatTimesOutIsNobodysDoing) {
  std::mutex mutex;
  std::condition_variable never;
  Queue queue;
  Crew sweepers("sweeper", 2, [&](int) {
    {
      std::unique_lock lock(mutex);
      never.wait_for(lock, 10ms);
    }
    Compute(2ms);
  });
  const Watched watched = Watch();
  SCOPED_TRACE(Text(watched));
  EXPECT_GT(Share(watched, "sweeper", WakerDid::kInterrupt), 0.9);
}

int ProgramsLoaded(std::string_view name) {
  int attached = 0;
  for (__u32 id = 0; bpf_link_get_next_id(id, &id) == 0;) {
    const int fd = bpf_link_get_fd_by_id(id);
    bpf_link_info link{};
    __u32 length = sizeof(link);
    if (fd >= 0 && bpf_obj_get_info_by_fd(fd, &link, &length) == 0) {
      const int program = bpf_prog_get_fd_by_id(link.prog_id);
      bpf_prog_info info{};
      length = sizeof(info);
      if (program >= 0 && bpf_obj_get_info_by_fd(program, &info, &length) == 0 &&
          std::string_view(info.name) == name) {
        ++attached;
      }
      close(program);
    }
    close(fd);
  }
  return attached;
}

TEST(BlameTest, NothingIsAttachedButWhileItWatches) {
  const auto attached = [] { return ProgramsLoaded("ll_blame_waking"); };
  ReadHost();
  EXPECT_TRUE(Eventually([&] { return attached() == 0; }));
  const std::pair<pid_t, std::uint32_t> all[] = {{getpid(), 0}};
  Probes().WatchWakes(all);
  EXPECT_EQ(attached(), 0);
  ReadHost();
  EXPECT_EQ(attached(), 1);
  Probes().WatchWakes({});
  ReadHost();
  EXPECT_TRUE(Eventually([&] { return attached() == 0; }));
  EXPECT_EQ(ReadHost().watched, 0s);
}

TEST(BlameTest, AWatchThatCostsTooMuchEndsItself) {
  auto source = BpfSource::Create({.watch = {.span = 1s, .every = 1s, .share_max = 0.0002}});
  ASSERT_TRUE(source.ok()) << source.status();
  Queue there;
  Queue back;
  Crew server("server", 1, [&](int) {
    there.Pop();
    back.Push();
  });
  Crew client("client", 1, [&](int) {
    there.Push();
    back.Pop();
  });
  const std::pair<pid_t, std::uint32_t> all[] = {{getpid(), 0}};
  (*source)->WatchWakes(all);
  HostReading reading;
  ASSERT_TRUE((*source)->ReadHost(reading).ok());
  Sleep(1100ms);
  ASSERT_TRUE((*source)->ReadHost(reading).ok());
  client.Quit();
  server.Quit();
  there.Close();
  back.Close();
  EXPECT_GT(reading.watched, 0s);
  EXPECT_LT(reading.watched, 900ms);
  EXPECT_EQ(Lost(reading, "wake_budget"), 1u);
  EXPECT_FALSE(reading.blames.empty());
}

}  // namespace
}  // namespace loadline::agent
