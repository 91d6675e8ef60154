// SPDX-License-Identifier: Apache-2.0
// Goal: a snapshot shows what matters first, leaves nothing out unsaid, and is JSON by the names of
// the proto.
// Method: views by hand.
#include "agent/src/publish/snapshot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>

namespace loadline::agent {
namespace {

using std::chrono_literals::operator""s;
using ::testing::HasSubstr;

PoolRow Row(const std::string& process, pid_t pid, const std::string& pool, int waiting) {
  PoolRow row;
  row.process = process;
  row.pid = pid;
  row.pool = pool;
  row.threads.waiting = waiting;
  WaitingNow& network = row.waits[static_cast<std::size_t>(WaitReason::kNetwork)];
  network = {.threads = waiting, .oldest = 5s};
  row.increment.blocked[static_cast<std::size_t>(WaitReason::kNetwork)] = waiting * 1s;
  row.totals = row.increment;
  return row;
}

TEST(SnapshotTest, TheMostActiveComeFirstAndTheRestIsAddedUp) {
  HostView view;
  view.rows = {Row("a", 1, "w", 1), Row("b", 2, "w", 100), Row("c", 3, "w", 10)};
  const v1::PoolsSnapshot snapshot = MakeSnapshot(view, {}, {.process = "", .pools_max = 1});

  ASSERT_EQ(snapshot.pools_size(), 2);
  EXPECT_EQ(snapshot.pools(0).process(), "b");
  EXPECT_EQ(snapshot.pools(0).waits(0).reason(), "network");
  EXPECT_EQ(snapshot.pools(0).waits(0).oldest_seconds(), 5);
  EXPECT_EQ(snapshot.pools(1).pool(), "other");
  EXPECT_EQ(snapshot.pools(1).waiting(), 11u);
  EXPECT_EQ(snapshot.pools_left_out(), 2u);
}

TEST(SnapshotTest, TheEventLoopsOfTheRestAreAddedUpToo) {
  HostView view;
  view.rows = {Row("a", 1, "w", 100), Row("b", 2, "w", 1), Row("c", 3, "w", 2)};
  for (PoolRow& row : view.rows) {
    row.event_loops = 1;
    row.totals.loop_blocked[kLoopRan] = 3s;
  }
  const v1::PoolsSnapshot snapshot = MakeSnapshot(view, {}, {.process = "", .pools_max = 1});

  const v1::Pool& other = snapshot.pools(1);
  EXPECT_EQ(other.event_loops(), 2u);
  ASSERT_EQ(other.event_loop_blocked_size(), 1);
  EXPECT_EQ(other.event_loop_blocked(0).seconds_total(), 6);
}

TEST(SnapshotTest, StoppedThreadsAreShownWithWhoStoppedThem) {
  HostView view;
  view.rows = {Row("a", 1, "w", 0)};
  view.rows[0].threads.waiting = 3;
  view.rows[0].waits[static_cast<std::size_t>(WaitReason::kStopped)] = {.threads = 3, .oldest = 1s};
  view.rows[0].held[static_cast<std::size_t>(Holder::kFreezer)] = 2;
  view.rows[0].held[static_cast<std::size_t>(Holder::kTracer)] = 1;
  const v1::PoolsSnapshot snapshot = MakeSnapshot(view, {}, {});

  const v1::Wait& wait = snapshot.pools(0).waits(0);
  EXPECT_EQ(wait.reason(), "stopped");
  ASSERT_EQ(wait.held_size(), 2);
  EXPECT_EQ(wait.held(0).by(), "tracer");
  EXPECT_EQ(wait.held(1).by(), "freezer");
  EXPECT_EQ(wait.held(1).threads(), 2u);
}

TEST(SnapshotTest, ProcessesOfOneNameStayApartByPid) {
  HostView view;
  view.rows = {Row("a", 1, "w", 1), Row("a", 2, "w", 1), Row("b", 3, "w", 1)};
  const v1::PoolsSnapshot snapshot = MakeSnapshot(view, {}, {.process = "a"});

  ASSERT_EQ(snapshot.pools_size(), 2);
  EXPECT_NE(snapshot.pools(0).pid(), snapshot.pools(1).pid());
}

TEST(SnapshotTest, ReportsAreShownWithTheirPool) {
  HostView view;
  view.rows = {Row("orders", 1, "main", 50), Row("orders", 1, "db", 1), Row("x", 2, "db", 1)};
  view.rows[1].registered = true;
  ServiceReports reports;
  ServiceState& state = reports.services.emplace_back();
  state.tgid = 1;
  state.service = "orders";
  state.limiters.emplace_back().set_name("checkout");
  state.limiters.back().set_pool("db");
  state.pools.emplace_back().set_name("db");
  state.pools.back().set_threads_target(12);
  const v1::PoolsSnapshot snapshot = MakeSnapshot(view, reports, {});

  EXPECT_EQ(snapshot.pools(0).pool(), "db");
  EXPECT_EQ(snapshot.pools(0).limiters(0).name(), "checkout");
  EXPECT_EQ(snapshot.pools(0).report().threads_target(), 12u);
}

TEST(SnapshotTest, WhatHoldsAPoolBackIsToldWithTheFiguresThatDecided) {
  HostView view;
  view.rows = {Row("orders", 1, "w", 50), Row("kernel", 0, "kworker", 1)};
  PoolBottleneck& told = view.rows[0].bottleneck.emplace();
  told.diagnosis.verdict = {.bottleneck = control::Bottleneck::kDepSlow,
                            .modifier = control::Bottleneck::kNeighbour,
                            .confidence = 0.72};
  told.diagnosis.figures[0] = {.name = "slowdown", .value = 2.5, .bound = 1.3};
  told.diagnosis.figure_count = 1;
  told.subject = "10.0.0.5:5432";
  const v1::PoolsSnapshot snapshot = MakeSnapshot(view, {}, {});
  const v1::Bottleneck& seen = snapshot.pools(0).bottleneck();
  EXPECT_EQ(seen.class_(), "dep_slow");
  EXPECT_EQ(seen.modifier(), "neighbour");
  EXPECT_EQ(seen.confidence(), 0.72);
  EXPECT_EQ(seen.source(), "kernel");
  EXPECT_EQ(seen.subject(), "10.0.0.5:5432");
  ASSERT_EQ(seen.figures_size(), 1);
  EXPECT_EQ(seen.figures(0).name(), "slowdown");
  EXPECT_EQ(seen.figures(0).value(), 2.5);
  EXPECT_EQ(seen.figures(0).bound(), 1.3);
  EXPECT_FALSE(snapshot.pools(1).has_bottleneck());
  EXPECT_THAT(*AsJson(snapshot), HasSubstr("\"class\":\"dep_slow\""));
}

TEST(SnapshotTest, HowBadItIsAndForWhomIsToldOfEachProcessOfAService) {
  HostView view;
  view.rows = {Row("shop", 1, "w", 4), Row("shop", 2, "w", 4), Row("shop", 2, "main", 1)};
  auto diagnosed = std::make_shared<Diagnosed>();
  PoolCase& one = diagnosed->cases.emplace_back();
  one.pool = "w";
  one.pids = {1, 2};
  one.active = 8;
  one.severity = Severity::kExhausted;
  one.parts = {{.cause = Cause::kDependency, .culprit = "10.0.0.5:5432", .time = 80s}};
  const v1::PoolsSnapshot snapshot = MakeSnapshot(view, {}, {.diagnosed = diagnosed});

  for (const int i : {0, 1}) {
    EXPECT_EQ(snapshot.pools(i).severity(), "exhausted");
    EXPECT_EQ(snapshot.pools(i).cause(), "dependency");
    EXPECT_EQ(snapshot.pools(i).culprit(), "10.0.0.5:5432");
    EXPECT_EQ(snapshot.pools(i).trouble(), 8);
  }
  EXPECT_EQ(snapshot.pools(2).severity(), "");
}

TEST(SnapshotTest, OnlyPoolsOfTheNameAreShownAndAnUnknownOneIsRefused) {
  HostView view;
  view.rows = {Row("shop", 1, "w", 4), Row("java", 2, "w", 4)};
  view.rows[1].container = "web.service";
  const v1::PoolsSnapshot snapshot = MakeSnapshot(view, {}, {.name = "web"});
  ASSERT_EQ(snapshot.pools_size(), 1);
  EXPECT_EQ(snapshot.pools(0).process(), "java");
  EXPECT_TRUE(CheckName(view, "").ok());
  EXPECT_TRUE(CheckName(view, "shop/w").ok());
  EXPECT_EQ(CheckName(view, "shop/x").code(), absl::StatusCode::kNotFound);
}

TEST(SnapshotTest, JsonHasTheNamesOfTheProtoAndZeros) {
  HostView view;
  view.rows = {Row("a", 1, "w", 1)};
  const absl::StatusOr<std::string> json = AsJson(MakeSnapshot(view, {}, {}));
  ASSERT_TRUE(json.ok());
  EXPECT_THAT(*json, HasSubstr("\"on_cpu_seconds\":0"));
  EXPECT_THAT(*json, HasSubstr("\"registered\":false"));
}

}  // namespace
}  // namespace loadline::agent
