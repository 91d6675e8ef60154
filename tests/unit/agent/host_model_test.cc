// SPDX-License-Identifier: Apache-2.0
// Goal: threads end up in the right pool with the right state, and totals only grow, whatever
// threads and processes do between two readings.
// Method: readings as data, folded in one after the other.
#include "agent/src/model/host_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <vector>

#include "loadline/testing/thread_samples.h"

namespace loadline::agent {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::IsEmpty;
using testing::Thread;
using testing::Waiting;
using testing::WaitingFor;
using testing::WithCpu;

constexpr pid_t kOwn = 1;
constexpr pid_t kOrders = 100;

class HostModelTest : public ::testing::Test {
 protected:
  void Read(std::vector<ThreadSample> threads, std::vector<ExitedThreads> exited = {},
            std::vector<PeerTotal> peers = {}) {
    HostReading reading;
    now_ += 1s;
    reading.taken_at = now_;
    reading.threads = std::move(threads);
    reading.exited = std::move(exited);
    reading.peers = std::move(peers);
    reading.detail = detail_;
    rows_ = model_.Update(reading, registered_);
    for (const PoolRow& row : rows_) {
      sum_by_pool_[row.process + "/" + row.pool] += row.increment;
    }
  }

  const PoolRow* Row(std::string_view process, std::string_view pool) const {
    const auto found = std::ranges::find_if(
        rows_, [&](const PoolRow& row) { return row.process == process && row.pool == pool; });
    return found == rows_.end() ? nullptr : &*found;
  }

  HostModel model_{{.own_tgid = kOwn, .cpus = 4, .peers_max = 2}};
  std::vector<Registration> registered_;
  std::vector<PoolRow> rows_;
  std::map<std::string, PoolCounters> sum_by_pool_;
  Clock::Time now_{};
  Detail detail_;
};

TEST_F(HostModelTest, ThreadsWhoseNamesDifferInDigitsAreOnePool) {
  Read({Thread(kOrders, 100, "orders"), Thread(kOrders, 101, "worker-1"),
        Waiting(Thread(kOrders, 102, "worker-22"), WaitReason::kLock, 30ms),
        Waiting(Thread(kOrders, 103, "worker-3"), WaitReason::kLock, 70ms)});

  const PoolRow* workers = Row("orders", "worker-*");
  ASSERT_NE(workers, nullptr);
  EXPECT_EQ(workers->threads, (ThreadCounts{.working = 1, .waiting = 2}));
  const WaitingNow& lock = workers->waits[static_cast<std::size_t>(WaitReason::kLock)];
  EXPECT_EQ(lock.threads, 2);
  EXPECT_EQ(lock.oldest, 70ms);
  EXPECT_EQ(workers->pid, kOrders);
  EXPECT_EQ(workers->processes, 1);
}

TEST_F(HostModelTest, StatesAreToldApart) {
  ThreadSample runnable = Thread(kOrders, 101, "w");
  runnable.state = ThreadState::kRunnable;
  Read({Thread(kOrders, 100, "w"), runnable,
        Waiting(Thread(kOrders, 102, "w"), WaitReason::kCondition),
        Waiting(Thread(kOrders, 103, "w"), WaitReason::kIdle),
        Waiting(Thread(kOrders, 104, "w"), WaitReason::kPoll)});

  EXPECT_EQ(Row("w", "w")->threads,
            (ThreadCounts{.working = 1, .runnable = 1, .waiting = 1, .idle = 2}));
}

TEST_F(HostModelTest, RegistrationNamesTheServiceAndThePoolByInnerTid) {
  ThreadSample worker = Thread(kOrders, 4711, "grpc-7");
  worker.tid_inner = 7;
  registered_ = {
      {.tgid = kOrders, .service = "checkout", .pools = {"db"}, .pool_of_inner_tid = {{7, "db"}}}};
  Read({Thread(kOrders, 100, "orders"), worker});

  ASSERT_NE(Row("checkout", "db"), nullptr);
  EXPECT_TRUE(Row("checkout", "db")->registered);
  EXPECT_FALSE(Row("checkout", "orders")->registered);
}

TEST_F(HostModelTest, AThreadThatIsRegisteredLaterTakesNothingAway) {
  Read({WithCpu(Thread(kOrders, 101, "w-1"), 5s)});
  registered_ = {
      {.tgid = kOrders, .service = "svc", .pools = {"db"}, .pool_of_inner_tid = {{101, "db"}}}};
  Read({WithCpu(Thread(kOrders, 101, "w-1"), 6s)});

  EXPECT_EQ(sum_by_pool_["w-1/w-*"].on_cpu, 5s);
  EXPECT_EQ(sum_by_pool_["svc/db"].on_cpu, 1s);
}

TEST_F(HostModelTest, TheEndOfAThreadAddsWhatItDidSinceItsLastReading) {
  Read({Thread(kOrders, 100, "orders"), WithCpu(Thread(kOrders, 101, "w-1"), 5s)});
  PoolCounters last;
  last.on_cpu = 7s;
  Read({Thread(kOrders, 100, "orders")},
       {{.tgid = kOrders, .name = "w-*", .counters = last, .threads = 1}});
  EXPECT_EQ(sum_by_pool_["orders/w-*"].on_cpu, 7s);

  Read({Thread(kOrders, 100, "orders")});
  EXPECT_EQ(sum_by_pool_["orders/w-*"].on_cpu, 7s);
  EXPECT_EQ(Row("orders", "w-*")->totals.on_cpu, 7s);
}

TEST_F(HostModelTest, AnEndThatIsToldOneReadingLateIsNotCountedTwice) {
  Read({Thread(kOrders, 100, "orders"), WithCpu(Thread(kOrders, 101, "w-1"), 5s)});
  Read({Thread(kOrders, 100, "orders")});
  PoolCounters last;
  last.on_cpu = 7s;
  Read({Thread(kOrders, 100, "orders")},
       {{.tgid = kOrders, .name = "w-*", .counters = last, .threads = 1}});

  EXPECT_EQ(sum_by_pool_["orders/w-*"].on_cpu, 7s);
}

TEST_F(HostModelTest, AThreadThatTakesAnotherNameAndEndsIsNotCountedTwice) {
  Read({Thread(kOrders, 100, "orders"), WithCpu(Thread(kOrders, 101, "w-1"), 5s)});
  PoolCounters last;
  last.on_cpu = 7s;
  Read({Thread(kOrders, 100, "orders")},
       {{.tgid = kOrders, .name = "done", .counters = last, .threads = 1}});

  EXPECT_EQ(sum_by_pool_["orders/w-*"].on_cpu, 5s);
  EXPECT_EQ(sum_by_pool_["orders/done"].on_cpu, 2s);
}

TEST_F(HostModelTest, ThreadsThatCameAndWentBetweenTwoReadingsCount) {
  Read({Thread(kOrders, 100, "orders")});
  PoolCounters last;
  last.on_cpu = 3s;
  Read({Thread(kOrders, 100, "orders")},
       {{.tgid = kOrders, .name = "w-*", .counters = last, .threads = 40}});

  EXPECT_EQ(sum_by_pool_["orders/w-*"].on_cpu, 3s);
}

TEST_F(HostModelTest, ExitsWithoutANameCountAsOther) {
  PoolCounters last;
  last.on_cpu = 3s;
  Read({Thread(kOrders, 100, "orders")},
       {{.tgid = 0, .name = "", .counters = last, .threads = 40}});

  EXPECT_EQ(sum_by_pool_["other/other"].on_cpu, 3s);
}

TEST_F(HostModelTest, AProcessThatIsGoneLeavesItsLastIncrementAndThenItsRows) {
  Read({WithCpu(Thread(kOrders, 100, "orders"), 1s)});
  PoolCounters last;
  last.on_cpu = 2s;
  Read({}, {{.tgid = kOrders, .name = "orders", .counters = last, .threads = 1}});
  EXPECT_EQ(sum_by_pool_["orders/orders"].on_cpu, 2s);

  Read({});
  EXPECT_THAT(rows_, IsEmpty());
}

TEST_F(HostModelTest, ATidThatIsUsedAgainIsAnotherThread) {
  Read({WithCpu(Thread(kOrders, 101, "w"), 5s)});
  ThreadSample successor = WithCpu(Thread(kOrders, 101, "w"), 1s);
  successor.started_at_ns += 1;
  Read({successor});

  EXPECT_EQ(sum_by_pool_["w/w"].on_cpu, 6s);
}

TEST_F(HostModelTest, TimeThatMovesBetweenReasonsIsNeverTakenBack) {
  ThreadSample queued = Thread(kOrders, 100, "w");
  queued.counters.runq_unattributed = 10ms;
  Read({queued});
  queued.counters.runq_unattributed = 0ms;
  queued.counters.runq_self = 10ms;
  Read({queued});

  EXPECT_EQ(Row("w", "w")->totals.runq_unattributed, 10ms);
  EXPECT_EQ(Row("w", "w")->totals.runq_self, 10ms);
}

TEST_F(HostModelTest, OwnThreadsAreLeftOutAndStillUseTheCpus) {
  Read({WithCpu(Thread(kOwn, 1, "loadline"), 0s)});
  Read({WithCpu(Thread(kOwn, 1, "loadline"), 1s)});

  EXPECT_THAT(rows_, IsEmpty());
  EXPECT_DOUBLE_EQ(model_.cpu_idle_fraction(), 0.75);
}

TEST_F(HostModelTest, KernelThreadsAreOneProcessAndIdleUnlessTheyWork) {
  ThreadSample worker = Waiting(Thread(30, 30, "kworker/u4:2"), WaitReason::kOther, 1s);
  ThreadSample flusher = Waiting(Thread(31, 31, "kworker/1:0-ev"), WaitReason::kDisk, 1s);
  worker.kernel = flusher.kernel = true;
  Read({worker, flusher});

  const PoolRow* kernel = Row("kernel", "kworker");
  ASSERT_NE(kernel, nullptr);
  EXPECT_EQ(kernel->pid, 0);
  EXPECT_EQ(kernel->threads, (ThreadCounts{.waiting = 1, .idle = 1}));
  EXPECT_EQ(kernel->totals.blocked_for(WaitReason::kIdle), 1s);
  EXPECT_EQ(kernel->totals.blocked_for(WaitReason::kOther), 0s);
}

TEST_F(HostModelTest, PeersAreThoseOfThePoolMostThreadsFirstAndTheRestIsOther) {
  Read({WaitingFor(Thread(kOrders, 101, "w-1"), "10.0.0.5:5432", 2s),
        WaitingFor(Thread(kOrders, 102, "w-2"), "10.0.0.5:5432", 3s),
        WaitingFor(Thread(kOrders, 103, "w-3"), "10.0.0.6:80", 1s),
        WaitingFor(Thread(kOrders, 104, "w-4"), "10.0.0.7:80", 0s)},
       {}, {{.tgid = kOrders, .pool = "w-*", .peer = {"10.0.0.5:5432"}, .waited = 10s}});

  EXPECT_THAT(
      Row("w-1", "w-*")->peers,
      ElementsAre(
          ::testing::AllOf(Field(&PeerRow::address, "10.0.0.5:5432"), Field(&PeerRow::threads, 2),
                           Field(&PeerRow::total, Clock::Duration(15s))),
          Field(&PeerRow::address, "10.0.0.6:80"), Field(&PeerRow::address, "other")));
}

TEST_F(HostModelTest, ANameThatIsNoTextFindsItsOwnExit) {
  Read({WithCpu(Thread(kOrders, 100, "gr\xC3"), 1s)});
  PoolCounters last;
  last.on_cpu = 2s;
  Read({}, {{.tgid = kOrders, .name = "gr\xC3", .counters = last, .threads = 1}});

  EXPECT_EQ(sum_by_pool_["gr?/gr?"].on_cpu, 2s);
}

TEST_F(HostModelTest, PeersOfARegisteredPoolAreFoundByItsThreadsNames) {
  registered_ = {
      {.tgid = kOrders, .service = "svc", .pools = {"db"}, .pool_of_inner_tid = {{101, "db"}}}};
  Read({Thread(kOrders, 101, "w-1")}, {},
       {{.tgid = kOrders, .pool = "w-*", .peer = {"10.0.0.5:5432"}, .waited = 10s}});

  EXPECT_THAT(Row("svc", "db")->peers, ElementsAre(Field(&PeerRow::total, Clock::Duration(10s))));
}

TEST_F(HostModelTest, WhatIsNotReadForAWhileIsNotShownAndThenGoesOn) {
  registered_ = {{.tgid = kOrders, .service = "orders", .pools = {}, .pool_of_inner_tid = {}}};
  const auto orders = [](Clock::Duration on_cpu) {
    return WithCpu(Thread(kOrders, kOrders, "orders"), on_cpu);
  };
  Read({orders(1s), WithCpu(Thread(200, 200, "other"), 5s), WithCpu(Thread(300, 300, "gone"), 5s)});
  detail_.set(Feature::kUnregistered, false);
  for (int i = 2; i < 100; ++i) {
    Read({orders(i * 1s)}, {{.tgid = 300, .name = "gone", .counters = {}, .threads = 1}});
    EXPECT_EQ(Row("other", "other"), nullptr);
  }
  EXPECT_EQ(sum_by_pool_["orders/orders"].on_cpu, 99s);
  detail_.set(Feature::kUnregistered, true);
  Read({orders(100s), WithCpu(Thread(200, 200, "other"), 7s)});

  EXPECT_EQ(sum_by_pool_["other/other"].on_cpu, 7s);
  EXPECT_EQ(Row("other", "other")->totals.on_cpu, 7s);
  EXPECT_EQ(sum_by_pool_["gone/gone"].on_cpu, 5s);
  EXPECT_EQ(sum_by_pool_["orders/orders"].on_cpu, 100s);
}

// The wait that was open when it was left out is not among what it had waited when it comes back.
TEST_F(HostModelTest, AThreadThatIsReadAgainGoesOnFromWhatItHasNow) {
  const auto waited = [](Clock::Duration blocked, bool left_out) {
    ThreadSample thread = Waiting(Thread(200, 200, "other"), WaitReason::kCondition);
    thread.counters.blocked[static_cast<std::size_t>(WaitReason::kCondition)] = blocked;
    thread.left_out = left_out;
    return thread;
  };
  const auto sum = [this] {
    return sum_by_pool_["other/other"].blocked_for(WaitReason::kCondition);
  };
  Read({waited(3600s, false)});
  EXPECT_EQ(sum(), 3600s);
  detail_.set(Feature::kUnregistered, false);
  Read({});
  Read({});
  detail_.set(Feature::kUnregistered, true);
  Read({waited(10s, false)});  // It has run since it was taken up.
  EXPECT_EQ(sum(), 3600s);
  Read({waited(11s, false)});
  EXPECT_EQ(sum(), 3601s);
  Read({waited(5s, true)});  // One that is left out, of a process that is read.
  Read({waited(5s, true)});
  EXPECT_EQ(sum(), 3601s);
  Read({waited(6s, false)});
  EXPECT_EQ(sum(), 3602s);
}

TEST_F(HostModelTest, ARegisteredProcessThatEndsWhileOthersAreNotReadIsCountedToItsEnd) {
  registered_ = {{.tgid = kOrders, .service = "orders", .pools = {}, .pool_of_inner_tid = {}}};
  detail_.set(Feature::kUnregistered, false);
  Read({WithCpu(Thread(kOrders, kOrders, "orders"), 1s)});
  ExitedThreads exited{.tgid = kOrders, .name = "orders", .counters = {}, .threads = 1};
  exited.counters.on_cpu = 3s;
  registered_.clear();
  Read({}, {exited});
  EXPECT_EQ(sum_by_pool_["orders/orders"].on_cpu, 3s);
}

TEST_F(HostModelTest, PeersThatAreNotReadForAWhileAreNotCountedTwice) {
  const auto peers = [](Clock::Duration waited) {
    return std::vector<PeerTotal>{{.tgid = 200,
                                   .pool = "web",
                                   .peer = {.text = "10.0.0.5:80"},
                                   .waited = waited,
                                   .waits = 1}};
  };
  Read({Thread(200, 200, "web")}, {}, peers(5s));
  detail_.set(Feature::kPeers, false);
  Read({Thread(200, 200, "web")});
  EXPECT_EQ(Row("web", "web")->peers[0].increment, 0s);
  detail_.set(Feature::kPeers, true);
  Read({Thread(200, 200, "web")}, {}, peers(6s));
  EXPECT_EQ(Row("web", "web")->peers[0].total, 6s);
  EXPECT_EQ(Row("web", "web")->peers[0].increment, 1s);
}

TEST_F(HostModelTest, FutexesAndNeighboursBelongToThePoolWhoseNumberTheyCarry) {
  ThreadSample web = Thread(200, 200, "web");
  web.pool_number = 7;
  ThreadSample waits = Waiting(Thread(200, 201, "web"), WaitReason::kLock, 3s);
  waits.pool_number = 7;
  waits.futex = 0xabc;
  HostReading reading;
  reading.threads = {web, waits, Thread(300, 300, "batch")};
  reading.futexes = {{.tgid = 200, .pool_number = 7, .address = 0xabc, .waited = 2s, .waits = 5},
                     {.tgid = 300, .pool_number = 7, .address = 0xabc, .waited = 9s, .waits = 9}};
  reading.neighbours = {
      {.tgid = 200, .pool_number = 7, .neighbour = 300, .waited = 4s, .waits = 3},
      {.tgid = 200, .pool_number = 7, .neighbour = 999, .waited = 1s, .waits = 1}};
  rows_ = model_.Update(reading, registered_);

  const PoolRow& row = *Row("web", "web");
  ASSERT_EQ(row.futexes.size(), 1u);
  EXPECT_EQ(row.futexes[0].address, 0xabcu);
  EXPECT_EQ(row.futexes[0].threads, 1);
  EXPECT_EQ(row.futexes[0].oldest, 3s);
  EXPECT_EQ(row.futexes[0].total, 2s);
  ASSERT_EQ(row.neighbours.size(), 2u);
  EXPECT_EQ(row.neighbours[0].process, "batch");
  EXPECT_EQ(row.neighbours[0].increment, 4s);
  EXPECT_EQ(row.neighbours[1].process, "unknown");
}

TEST_F(HostModelTest, NeighboursBeyondTheMostAreAddedUp) {
  ThreadSample web = Thread(200, 200, "web");
  web.pool_number = 7;
  HostReading reading;
  reading.threads = {web, Thread(301, 301, "a"), Thread(302, 302, "b"), Thread(303, 303, "c")};
  for (const pid_t neighbour : {301, 302, 303}) {
    reading.neighbours.push_back({.tgid = 200,
                                  .pool_number = 7,
                                  .neighbour = neighbour,
                                  .waited = (neighbour - 300) * 1s,
                                  .waits = 1});
  }
  rows_ = model_.Update(reading, registered_);
  const PoolRow& row = *Row("web", "web");
  ASSERT_EQ(row.neighbours.size(), 3u);  // peers_max is 2.
  EXPECT_EQ(row.neighbours[0].process, "c");
  EXPECT_EQ(row.neighbours[2].process, "other");
  EXPECT_EQ(row.neighbours[2].total, 1s);
}

TEST_F(HostModelTest, ThreadsAtTheHomeOfTheirPoolAreIdleAndTheirTimeIsToo) {
  const auto worker = [](pid_t tid, Clock::Duration waited, Clock::Duration on_cpu) {
    ThreadSample thread =
        WithCpu(Waiting(Thread(200, tid, "worker-1"), WaitReason::kCondition), on_cpu);
    thread.counters.blocked[static_cast<std::size_t>(WaitReason::kCondition)] = waited;
    thread.in_state = 1s;
    thread.futex = 0xab8;
    return thread;
  };
  for (int i = 1; i <= 10; ++i) {
    Read({worker(201, i * 1s, i * 1ms), worker(202, i * 1s, i * 1ms)});
  }
  const PoolRow& row = *Row("worker-1", "worker-*");
  EXPECT_EQ(row.home, 0xab8u);
  EXPECT_EQ(row.threads.idle, 2);
  EXPECT_EQ(row.increment.blocked_for(WaitReason::kIdle), 2s);
  EXPECT_EQ(row.increment.blocked_for(WaitReason::kCondition), 0s);
  EXPECT_EQ(row.totals.Blocked(), 20s);
}

TEST_F(HostModelTest, AnEventLoopThatIsKeptFromItsPollIsReported) {
  ThreadSample loop = Waiting(Thread(200, 200, "node"), WaitReason::kPoll, 0s);
  const auto blocked = [&](WaitReason reason) -> Clock::Duration& {
    return loop.counters.blocked[static_cast<std::size_t>(reason)];
  };
  for (int i = 0; i < 10; ++i) {
    blocked(WaitReason::kPoll) += 990ms;
    Read({loop});
  }
  EXPECT_EQ(Row("node", "node")->event_loops, 1);
  const Clock::Duration before =
      Row("node", "node")->totals.loop_blocked[static_cast<std::size_t>(WaitReason::kDisk)];
  EXPECT_EQ(before, 0s);
  blocked(WaitReason::kPoll) += 700ms;
  blocked(WaitReason::kDisk) += 200ms;
  loop.loop_ran = 100ms;
  Read({loop});
  const PoolRow& row = *Row("node", "node");
  EXPECT_EQ(row.totals.loop_blocked[static_cast<std::size_t>(WaitReason::kDisk)], 200ms);
  EXPECT_EQ(row.totals.loop_blocked[kLoopRan], 100ms);
  EXPECT_EQ(row.increment.loop_blocked[static_cast<std::size_t>(WaitReason::kPoll)], 0s);
}

TEST_F(HostModelTest, TimeBetweenPollsIsCountedOnWhenItsCounterWraps) {
  ThreadSample loop = Waiting(Thread(200, 200, "node"), WaitReason::kPoll, 0s);
  loop.loop_ran = kLoopRanWraps - 100ms;
  for (int i = 0; i < 10; ++i) {
    loop.counters.blocked[static_cast<std::size_t>(WaitReason::kPoll)] += 990ms;
    Read({loop});
  }
  loop.loop_ran = 50ms;
  Read({loop});
  EXPECT_EQ(Row("node", "node")->increment.loop_blocked[kLoopRan], 150ms);
  loop.loop_ran = 40ms;  // Of a slot in another array, a moment older.
  Read({loop});
  EXPECT_EQ(Row("node", "node")->increment.loop_blocked[kLoopRan], 0s);
  loop.loop_ran = 120ms;
  Read({loop});
  EXPECT_EQ(Row("node", "node")->increment.loop_blocked[kLoopRan], 70ms);
}

}  // namespace
}  // namespace loadline::agent
