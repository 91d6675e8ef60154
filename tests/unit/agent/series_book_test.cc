// SPDX-License-Identifier: Apache-2.0
// Goal: label sets are bounded, what does not fit adds up in "other", and no sum ever goes down.
// Method: rows as data.
#include "agent/src/model/series_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <numeric>

namespace loadline::agent {
namespace {

using std::chrono_literals::operator""s;
using ::testing::SizeIs;

PoolRow Row(const std::string& process, pid_t pid, Clock::Duration on_cpu) {
  PoolRow row;
  row.process = process;
  row.pool = "w";
  row.pid = pid;
  row.threads.working = 1;
  row.increment.on_cpu = on_cpu;
  return row;
}

Clock::Duration SumOf(const std::vector<PoolSeries>& all) {
  return std::accumulate(
      all.begin(), all.end(), Clock::Duration{},
      [](Clock::Duration sum, const PoolSeries& series) { return sum + series.totals.on_cpu; });
}

TEST(SeriesBookTest, ProcessesOfOneNameAreCountedBySeverityAndLoseTimeTogether) {
  SeriesBook book({.pools_max = 10});
  std::vector<PoolRow> rows;
  for (const Severity severity : {Severity::kExhausted, Severity::kAmple, Severity::kExhausted}) {
    PoolRow& row = rows.emplace_back(Row("orders", static_cast<pid_t>(rows.size()), 1s));
    row.severity = severity;
    row.lost[static_cast<std::size_t>(Cause::kLock)] = 2s;
  }
  book.Update(rows);
  rows.pop_back();
  book.Update(rows);
  ASSERT_THAT(book.Series(), SizeIs(1));
  const PoolSeries series = book.Series()[0];
  EXPECT_EQ(series.severities[static_cast<std::size_t>(Severity::kExhausted)], 1);
  EXPECT_EQ(series.severities[static_cast<std::size_t>(Severity::kAmple)], 1);
  EXPECT_EQ(series.lost[static_cast<std::size_t>(Cause::kLock)], 10s);
}

TEST(SeriesBookTest, ProcessesOfOneNameAreAddedUp) {
  SeriesBook book({.pools_max = 10});
  book.Update(std::vector{Row("orders", 1, 1s), Row("orders", 2, 2s)});

  ASSERT_THAT(book.Series(), SizeIs(1));
  EXPECT_EQ(book.Series()[0].totals.on_cpu, 3s);
  EXPECT_EQ(book.Series()[0].threads.working, 2);
}

TEST(SeriesBookTest, OfWaitsInProgressTheOldestOfAllProcessesCounts) {
  constexpr auto kLock = static_cast<std::size_t>(WaitReason::kLock);
  std::vector<PoolRow> rows;
  for (const Clock::Duration oldest : {5s, 90s, 7s}) {
    PoolRow& row = rows.emplace_back(Row("orders", static_cast<pid_t>(rows.size()), 1s));
    row.waits[kLock] = {.threads = 2, .oldest = oldest};
    row.event_loops = 1;
    row.processes = 1;
  }
  SeriesBook book({.pools_max = 10});
  book.Update(rows);
  EXPECT_EQ(book.Series()[0].waits[kLock].threads, 6);
  EXPECT_EQ(book.Series()[0].waits[kLock].oldest, 90s);
  EXPECT_EQ(book.Series()[0].event_loops, 3);
  EXPECT_EQ(book.Series()[0].processes, 3);

  rows.resize(1);
  book.Update(rows);
  EXPECT_EQ(book.Series()[0].waits[kLock].threads, 2);
  EXPECT_EQ(book.Series()[0].waits[kLock].oldest, 5s);
}

TEST(SeriesBookTest, WhatKeptEventLoopsGoesToOtherWithTheirPool) {
  SeriesBook book({.pools_max = 1});
  PoolRow quiet = Row("quiet", 1, 1s);
  quiet.increment.loop_blocked[kLoopRan] = 3s;
  book.Update(std::vector{quiet});
  book.Update(std::vector{Row("busy", 2, 100s)});

  const auto series = book.Series();
  ASSERT_THAT(series, SizeIs(2));
  EXPECT_EQ(series[0].totals.loop_blocked[kLoopRan], 0s);
  EXPECT_EQ(series[1].totals.loop_blocked[kLoopRan], 3s);
}

TEST(SeriesBookTest, ContainersStayApart) {
  SeriesBook book({.pools_max = 10});
  PoolRow blue = Row("orders", 1, 1s);
  blue.container = "docker/blue";
  PoolRow green = Row("orders", 2, 2s);
  green.container = "docker/green";
  book.Update(std::vector{blue, green});

  ASSERT_THAT(book.Series(), SizeIs(2));
  EXPECT_EQ(book.Series()[0].container, "docker/blue");
  EXPECT_EQ(book.Series()[1].totals.on_cpu, 2s);
}

TEST(SeriesBookTest, TotalsOutliveTheProcess) {
  SeriesBook book({.pools_max = 10});
  book.Update(std::vector{Row("orders", 1, 3s)});
  book.Update({});

  ASSERT_THAT(book.Series(), SizeIs(1));
  EXPECT_EQ(book.Series()[0].totals.on_cpu, 3s);
  EXPECT_EQ(book.Series()[0].threads.all(), 0);
  EXPECT_EQ(book.Series()[0].processes, 0);
}

TEST(SeriesBookTest, AProcessCalledOtherHasNoSecondSeriesOfThatName) {
  SeriesBook book({.pools_max = 1});
  PoolRow other = Row("other", 1, 9s);
  other.pool = "other";
  book.Update(std::vector{other, Row("a", 2, 3s), Row("b", 3, 1s)});

  const auto series = book.Series();
  ASSERT_THAT(series, SizeIs(2));
  EXPECT_EQ(series[0].process, "a");
  EXPECT_EQ(series[1].process, "other");
  EXPECT_EQ(series[1].totals.on_cpu, 10s);
}

TEST(SeriesBookTest, TheLeastActiveGoToOther) {
  SeriesBook book({.pools_max = 2});
  book.Update(std::vector{Row("a", 1, 1s), Row("b", 2, 5s), Row("c", 3, 3s)});

  const auto series = book.Series();
  ASSERT_THAT(series, SizeIs(3));
  EXPECT_EQ(series[0].process, "b");
  EXPECT_EQ(series[1].process, "c");
  EXPECT_EQ(series[2].process, "other");
  EXPECT_EQ(series[2].pool, "other");
  EXPECT_EQ(series[2].totals.on_cpu, 1s);
  EXPECT_EQ(series[2].threads.working, 1);
}

TEST(SeriesBookTest, ASetThatLosesItsPlaceTakesItsSumToOther) {
  SeriesBook book({.pools_max = 1});
  book.Update(std::vector{Row("a", 1, 1s)});
  for (int i = 0; i < 20; ++i) {
    book.Update(std::vector{Row("a", 1, 0s), Row("b", 2, 1s)});
  }

  const auto series = book.Series();
  ASSERT_THAT(series, SizeIs(2));
  EXPECT_EQ(series[0].process, "b");
  EXPECT_EQ(SumOf(series), 21s);
  EXPECT_EQ(book.folded_total(), 1u);
}

TEST(SeriesBookTest, WhatIsRegisteredHasAPlace) {
  SeriesBook book({.pools_max = 1});
  PoolRow quiet = Row("quiet", 1, 0s);
  quiet.registered = true;
  book.Update(std::vector{Row("busy", 2, 5s), quiet});

  EXPECT_EQ(book.Series()[0].process, "quiet");
}

TEST(SeriesBookTest, PeersOfASetAreBoundedToo) {
  SeriesBook book({.pools_max = 1, .peers_max = 2});
  PoolRow row = Row("a", 1, 1s);
  row.peers = {{"x:1", 3, 3s, 3s}, {"y:1", 2, 2s, 2s}, {"z:1", 1, 1s, 1s}};
  book.Update(std::vector{row});

  const auto peers = book.Series()[0].peers;
  ASSERT_THAT(peers, SizeIs(3));
  EXPECT_EQ(peers.at("other").threads, 1);
  EXPECT_EQ(peers.at("x:1").total, 3s);
}

}  // namespace
}  // namespace loadline::agent
