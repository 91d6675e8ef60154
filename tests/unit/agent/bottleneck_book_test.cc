// SPDX-License-Identifier: Apache-2.0
// Goal: each pool gets a class by what its row says, and by its own process's word where that says
// one; what the class is about is named. Method: rows by hand, a second apart.
#include "agent/src/model/bottleneck_book.h"

#include <gtest/gtest.h>

#include <chrono>
#include <map>

namespace loadline::agent {
namespace {

using namespace std::chrono_literals;
using control::Bottleneck;

Clock::Duration Thread(double threads) {
  return Clock::Duration{static_cast<std::int64_t>(threads * 1e9)};
}

PoolRow Row(pid_t pid, std::string pool) {
  PoolRow row;
  row.process = "orders";
  row.pid = pid;
  row.pool = std::move(pool);
  row.threads = {.working = 1, .runnable = 0, .waiting = 9, .idle = 10};
  row.increment.on_cpu = Thread(0.8);
  row.increment.switches_voluntary = 800;
  return row;
}

void Block(PoolRow& row, WaitReason reason, double threads) {
  row.increment.blocked[static_cast<std::size_t>(reason)] += Thread(threads);
}

void WaitFor(PoolRow& row, std::string address, double threads) {
  Block(row, WaitReason::kNetwork, threads);
  row.peers.push_back({.address = std::move(address),
                       .threads = static_cast<int>(threads),
                       .total = Thread(threads),
                       .increment = Thread(threads)});
}

class BottleneckBookTest : public ::testing::Test {
 protected:
  // The last of some readings with these rows.
  std::vector<PoolRow> Read(const std::vector<PoolRow>& rows, int times,
                            const std::vector<ServiceState>& services = {}) {
    std::vector<PoolRow> read;
    for (int i = 0; i < times; ++i) {
      read = rows;
      book_.Update({.taken_at = now_ += 1s, .sampled = sampled_, .cpus = 4}, services, read);
    }
    return read;
  }
  static Bottleneck ClassOf(const PoolRow& row) {
    return row.bottleneck->diagnosis.verdict.bottleneck;
  }

  Clock::Time now_{1h};
  bool sampled_ = false;
  std::map<pid_t, int> asked_;
  double cpus_ = 4;
  BottleneckBook book_{[this](pid_t tgid) {
    ++asked_[tgid];
    return cpus_;
  }};
};

TEST_F(BottleneckBookTest, ThePeerThatBecameSlowIsNamed) {
  PoolRow usual = Row(1, "worker-*");
  WaitFor(usual, "10.0.0.5:5432", 5);
  WaitFor(usual, "10.0.0.6:80", 3);
  EXPECT_EQ(ClassOf(Read({usual}, 120)[0]), Bottleneck::kHealthy);
  PoolRow slow = Row(1, "worker-*");
  WaitFor(slow, "10.0.0.5:5432", 15);
  WaitFor(slow, "10.0.0.6:80", 3);
  const PoolRow row = Read({slow}, 5)[0];
  EXPECT_EQ(ClassOf(row), Bottleneck::kDepSlow);
  EXPECT_EQ(row.bottleneck->subject, "10.0.0.5:5432");
  EXPECT_FALSE(row.bottleneck->told);
  EXPECT_GT(row.bottleneck->diagnosis.figure_count, 0U);
}

TEST_F(BottleneckBookTest, AServerWhoseOneClientIsSlowHasNoSlowDependency) {
  for (const auto& [peer, threads, wanted] :
       {std::tuple{"10.0.0.7:51812", 0.9, Bottleneck::kHealthy},
        std::tuple{"10.0.0.7:5432", 0.9, Bottleneck::kDepSlow},
        std::tuple{"10.0.0.7:51812", 4.0, Bottleneck::kDepSlow},
        std::tuple{"10.0.0.7:*", 4.0, Bottleneck::kHealthy}}) {
    PoolRow usual = Row(1, "worker-*");
    WaitFor(usual, peer, threads / 4);
    Read({usual}, 120);
    PoolRow slow = Row(1, "worker-*");
    WaitFor(slow, peer, threads);
    EXPECT_EQ(ClassOf(Read({slow}, 5)[0]), wanted) << peer << " " << threads;
    Read({}, 1);  // Forgets it.
  }
}

TEST_F(BottleneckBookTest, WhoHasTheCpuIsNamed) {
  PoolRow row = Row(1, "worker-*");
  row.increment.runq_neighbour = Thread(2);
  row.neighbours = {{.process = "backup", .total = 9h, .increment = Thread(0.1)},
                    {.process = "batch", .total = 1s, .increment = Thread(1.5)}};
  const PoolRow read = Read({row}, 10)[0];
  EXPECT_EQ(ClassOf(read), Bottleneck::kNeighbour);
  EXPECT_EQ(read.bottleneck->subject, "batch");
}

TEST_F(BottleneckBookTest, TheLockThatMostWaitForIsNamed) {
  PoolRow row = Row(1, "worker-*");
  Block(row, WaitReason::kLock, 8);
  row.futexes = {{.address = 0x7000, .threads = 2}, {.address = 0x8000, .threads = 6}};
  EXPECT_EQ(ClassOf(Read({row}, 10)[0]), Bottleneck::kLock);
  EXPECT_EQ(Read({row}, 1)[0].bottleneck->subject, "futex 0x8000");
  Block(row, WaitReason::kKernelLock, 9);
  EXPECT_EQ(Read({row}, 1)[0].bottleneck->subject, "mmap_lock");
  Block(row, WaitReason::kFileLock, 10);
  EXPECT_EQ(Read({row}, 1)[0].bottleneck->subject, "a lock on a file");
}

TEST_F(BottleneckBookTest, ThreadsOnAConditionWithItsHoldersElsewhereAreAHandOff) {
  PoolRow row = Row(1, "worker-*");
  Block(row, WaitReason::kCondition, 7);
  WaitFor(row, "10.0.0.5:5432", 2);
  // The two words of one condition variable.
  row.futexes = {{.address = 0x7000, .threads = 4}, {.address = 0x7004, .threads = 3}};
  EXPECT_EQ(ClassOf(Read({row}, 10)[0]), Bottleneck::kHandoff);
  row.home = 0x7000;  // They wait for work.
  EXPECT_EQ(ClassOf(Read({row}, 10)[0]), Bottleneck::kHealthy);
}

TEST_F(BottleneckBookTest, WhatKeepsALoopFromItsPollIsNamed) {
  PoolRow row = Row(1, "worker-*");
  row.event_loops = 1;
  row.increment.loop_blocked[static_cast<std::size_t>(WaitReason::kDisk)] = 100ms;
  row.increment.loop_blocked[kLoopRan] = 200ms;
  const PoolRow read = Read({row}, 10)[0];
  EXPECT_EQ(ClassOf(read), Bottleneck::kEventLoopBlocked);
  EXPECT_EQ(read.bottleneck->subject, "running");
}

TEST_F(BottleneckBookTest, TheQuotaDecidesWhenThePoolUsesAllItCanGet) {
  PoolRow row = Row(1, "worker-*");
  row.increment.on_cpu = Thread(1);
  row.increment.runq_self = Thread(8);
  EXPECT_EQ(ClassOf(Read({row}, 10)[0]), Bottleneck::kHealthy) << "a fourth of the host";
  cpus_ = 1;
  EXPECT_EQ(ClassOf(Read({row}, 50)[0]), Bottleneck::kOwnCpu);
  EXPECT_LE(asked_[1], 3);
}

TEST_F(BottleneckBookTest, OfWhoRunsHardlyAnythingTheQuotaIsNotAsked) {
  PoolRow row = Row(1, "worker-*");
  row.increment = {};
  Read({row}, 100);
  EXPECT_TRUE(asked_.empty());
}

TEST_F(BottleneckBookTest, TheServicesWordWinsWhereItSaysOne) {
  PoolRow row = Row(1, "db");
  row.registered = true;
  Block(row, WaitReason::kLock, 8);
  ServiceState service{.tgid = 1, .service = "orders", .limiters = {}, .pools = {}};
  const auto say = [&](const std::string& pool, const std::string& name) {
    v1::LimiterReport& limiter = service.limiters.emplace_back();
    limiter.set_pool(pool);
    limiter.set_bottleneck(name);
  };
  say("elsewhere", "own_cpu");
  say("db", "stale");
  PoolRow read = Read({row}, 10, {service})[0];
  EXPECT_EQ(ClassOf(read), Bottleneck::kLock) << "it does not know";
  EXPECT_FALSE(read.bottleneck->told);
  say("db", "healthy");
  read = Read({row}, 1, {service})[0];
  EXPECT_EQ(ClassOf(read), Bottleneck::kHealthy);
  EXPECT_TRUE(read.bottleneck->told);
  say("db", "dep_dead");
  say("db", "app_limited");
  read = Read({row}, 1, {service})[0];
  EXPECT_EQ(ClassOf(read), Bottleneck::kDepDead) << "what says more";
  EXPECT_EQ(read.bottleneck->diagnosis.verdict.confidence, 1);
  EXPECT_EQ(ClassOf(Read({row}, 1)[0]), Bottleneck::kLock) << "the session is over";
}

TEST_F(BottleneckBookTest, WhatTheServiceSaysOfNothingThatIsSeenHasNoSubject) {
  PoolRow row = Row(1, "db");
  row.registered = true;
  for (const Bottleneck said : {Bottleneck::kHandoff, Bottleneck::kEventLoopBlocked,
                                Bottleneck::kLock, Bottleneck::kDepSlow, Bottleneck::kNeighbour}) {
    ServiceState service{.tgid = 1, .service = "orders", .limiters = {}, .pools = {}};
    v1::LimiterReport& limiter = service.limiters.emplace_back();
    limiter.set_pool("db");
    limiter.set_bottleneck(std::string(Name(said)));
    const PoolRow read = Read({row}, 2, {service})[0];
    EXPECT_EQ(ClassOf(read), said);
    EXPECT_EQ(read.bottleneck->subject, "") << Name(said);
  }
}

TEST_F(BottleneckBookTest, TheFirstReadingAndTheKernelHaveNoClass) {
  EXPECT_FALSE(Read({Row(1, "worker-*")}, 1)[0].bottleneck.has_value());
  EXPECT_TRUE(Read({Row(1, "worker-*")}, 1)[0].bottleneck.has_value());
  EXPECT_FALSE(Read({Row(0, "kworker")}, 10)[0].bottleneck.has_value());
}

TEST_F(BottleneckBookTest, SampledReasonsAreTrustedLess) {
  sampled_ = true;
  EXPECT_DOUBLE_EQ(Read({Row(1, "a")}, 20)[0].bottleneck->diagnosis.verdict.confidence, 0.6);
}

}  // namespace
}  // namespace loadline::agent
