// SPDX-License-Identifier: Apache-2.0
// Goal: the report names the pool, the wait and the peer of the worst moment of the slow phase.
#include "agent/demo/pool_summary.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace loadline::demo {
namespace {

PoolView Pool(std::string process, std::string name, pid_t pid) {
  PoolView pool;
  pool.process = std::move(process);
  pool.pool = std::move(name);
  pool.pid = pid;
  return pool;
}

PoolView Workers(int threads, int waiting) {
  PoolView pool = Pool("orders", "worker", 7);
  pool.registered = true;
  pool.threads = threads;
  pool.waiting = waiting;
  pool.idle = threads - waiting;
  pool.waits = {{.name = "network", .threads = waiting}};
  pool.peers = {{.name = "127.0.0.1:4000", .threads = waiting}};
  return pool;
}

HostView Host(PoolView pool) {
  HostView host;
  host.pools = {Pool("other", "x", 8), std::move(pool)};
  return host;
}

TEST(PoolSummaryTest, KeepsTheWorstMomentOfTheSlowPhase) {
  PoolSummary summary(7);
  summary.Add(Host(Workers(200, 10)), false);
  summary.Add(Host(Workers(200, 197)), true);
  summary.Add(Host(Workers(200, 50)), true);
  EXPECT_EQ(summary.figures().pool, "worker");
  EXPECT_EQ(summary.figures().waiting, 197);
  EXPECT_EQ(summary.figures().reason, "network");
  EXPECT_EQ(summary.figures().reason_threads, 197);
  EXPECT_EQ(summary.figures().peer, "127.0.0.1:4000");
}

TEST(PoolSummaryTest, ThePeakIsOfTheWholeRun) {
  PoolSummary summary(7);
  summary.Add(Host(Workers(24, 10)), true);
  summary.Add(Host(Workers(31, 0)), false);
  summary.Add(Host(Workers(24, 12)), true);
  EXPECT_EQ(summary.figures().threads_peak, 31);
  EXPECT_EQ(summary.figures().threads, 24);
}

TEST(PoolSummaryTest, ARegisteredPoolGoesBeforeALargerOne) {
  HostView host = Host(Workers(20, 5));
  PoolView grpc = Pool("orders", "grpc", 7);
  grpc.threads = 50;
  host.pools.push_back(grpc);
  PoolSummary summary(7);
  summary.Add(host, true);
  EXPECT_EQ(summary.figures().pool, "worker");
}

TEST(PoolSummaryTest, WithoutTheProcessThereIsNothing) {
  PoolSummary summary(9);
  summary.Add(Host(Workers(20, 5)), true);
  EXPECT_EQ(summary.figures().pool, "");
  EXPECT_EQ(summary.figures().threads_peak, 0);
}

}  // namespace
}  // namespace loadline::demo
