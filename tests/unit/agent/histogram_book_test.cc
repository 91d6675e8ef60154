// SPDX-License-Identifier: Apache-2.0
// Goal: the pools that matter most have histograms, nobody loses one to a flutter, what they say is
// of now, and no wait is forgotten. Method: rows and news as data.
#include "agent/src/model/histogram_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <map>

namespace loadline::agent {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto kNetwork = static_cast<std::size_t>(WaitReason::kNetwork);

PoolRow Row(pid_t pid, Clock::Duration active, bool registered = false) {
  PoolRow row;
  row.pid = pid;
  row.pool = "w";
  row.registered = registered;
  row.increment.on_cpu = active;
  row.pool_numbers = {static_cast<std::uint32_t>(pid) * 10};
  return row;
}

WaitHistogram Waits(std::uint32_t histogram, std::size_t kind, Clock::Duration each,
                    std::uint64_t count) {
  WaitHistogram waits{.histogram = histogram, .kind = kind, .waits = {}};
  waits.waits.Add(ll_histogram_bucket(static_cast<std::uint64_t>(each.count())), count);
  waits.waits.AddTime(each * static_cast<int>(count));
  return waits;
}

class HistogramBookTest : public ::testing::Test {
 protected:
  void Update(std::vector<PoolRow> rows, const std::vector<WaitHistogram>& news = {}) {
    rows_ = std::move(rows);
    last_ = book_.Update(news, rows_);
    for (const HistogramBook::Assignment& one : last_) {
      told_[one.histogram] = one.pool_numbers;
    }
  }
  // The histogram that counts the pool with this number; 0: none.
  std::uint32_t Of(std::uint32_t number) const {
    for (const auto& [histogram, numbers] : told_) {
      if (std::ranges::find(numbers, number) != numbers.end()) {
        return histogram;
      }
    }
    return 0;
  }

  HistogramBook book_{2};
  std::vector<PoolRow> rows_;
  std::vector<HistogramBook::Assignment> last_;
  std::map<std::uint32_t, std::vector<std::uint32_t>> told_;
};

TEST_F(HistogramBookTest, TheMostActiveHaveOne) {
  Update({Row(1, 1s), Row(2, 5s), Row(3, 3s)});
  EXPECT_EQ(Of(10), 0);
  EXPECT_NE(Of(20), 0);
  EXPECT_NE(Of(30), 0);
  Update({Row(1, 1s), Row(2, 5s), Row(3, 3s)});
  EXPECT_THAT(last_, IsEmpty());
}

TEST_F(HistogramBookTest, RegisteredPoolsComeFirst) {
  Update({Row(1, 4s), Row(2, 5s)});
  Update({Row(1, 4s), Row(2, 5s), Row(3, 0s, true)});
  EXPECT_NE(Of(30), 0);
  EXPECT_EQ(Of(10), 0);
}

TEST_F(HistogramBookTest, ALittleMoreActivityTakesNoPlace) {
  Update({Row(1, 4s), Row(2, 5s)});
  for (int i = 0; i < 100; ++i) {
    Update({Row(1, 4s), Row(2, 5s), Row(3, 7s)});
    ASSERT_EQ(Of(30), 0);
  }
  for (int i = 0; i < 100; ++i) {
    Update({Row(1, 4s), Row(2, 5s), Row(3, 9s)});
  }
  EXPECT_NE(Of(30), 0);
}

TEST_F(HistogramBookTest, WhoIsGoneGivesItBack) {
  Update({Row(1, 4s), Row(2, 5s)});
  Update({Row(2, 5s)});
  EXPECT_EQ(Of(10), 0);
  Update({Row(2, 5s), Row(3, 1ms)});
  EXPECT_NE(Of(30), 0);
}

TEST_F(HistogramBookTest, APoolWhoseNumbersChangeKeepsItsHistogram) {
  Update({Row(1, 4s)});
  const std::uint32_t histogram = Of(10);
  PoolRow row = Row(1, 4s);
  row.pool_numbers = {7, 10};
  Update({row});
  EXPECT_EQ(Of(7), histogram);
  EXPECT_EQ(Of(10), histogram);
}

TEST_F(HistogramBookTest, WhatTheSourceTellsIsThePoolsAndAddsUp) {
  Update({Row(1, 4s)});
  const std::uint32_t histogram = Of(10);
  for (int i = 0; i < 3; ++i) {
    Update({Row(1, 4s)}, {Waits(histogram, kNetwork, 10ms, 100)});
  }
  ASSERT_THAT(rows_[0].latencies, SizeIs(1));
  const LatencyRow& latency = rows_[0].latencies[0];
  EXPECT_EQ(latency.kind, kNetwork);
  EXPECT_EQ(latency.count, 300u);
  EXPECT_EQ(latency.sum, 3s);
  EXPECT_EQ(latency.increment.counts.back(), 100u);
  EXPECT_NEAR(static_cast<double>(latency.p99.count()), 10e6, 0.0625 * 10e6);
}

TEST_F(HistogramBookTest, QuantilesForgetWhatIsLongOver) {
  Update({Row(1, 4s)});
  const std::uint32_t histogram = Of(10);
  Update({Row(1, 4s)}, {Waits(histogram, kNetwork, 5s, 1000)});
  EXPECT_GT(rows_[0].latencies[0].p50, 4s);
  for (int i = 0; i < 2 * HistogramBook::kReadingsOfHalf; ++i) {
    Update({Row(1, 4s)}, {Waits(histogram, kNetwork, 1ms, 1)});
  }
  EXPECT_LT(rows_[0].latencies[0].p99, 2ms);
  EXPECT_EQ(rows_[0].latencies[0].count, 1060u);
}

TEST_F(HistogramBookTest, WaitsOfAllOthersAreAddedUp) {
  Update({Row(1, 4s)}, {Waits(0, kRunQueueKind, 1ms, 5), Waits(2, kRunQueueKind, 1ms, 7)});
  const PoolRow others = book_.Others();
  EXPECT_EQ(others.process, "other");
  ASSERT_THAT(others.latencies, SizeIs(1));
  EXPECT_EQ(others.latencies[0].increment.counts.back(), 12u) << "nobody owns number 2 yet";
  Update({Row(1, 4s)});
  EXPECT_THAT(book_.Others().latencies, IsEmpty());
}

TEST_F(HistogramBookTest, ASuccessorDoesNotInherit) {
  Update({Row(1, 4s), Row(2, 5s)});
  const std::uint32_t histogram = Of(10);
  Update({Row(1, 4s), Row(2, 5s)}, {Waits(histogram, kNetwork, 1s, 9)});
  Update({Row(2, 5s), Row(3, 0s, true)});
  Update({Row(2, 5s), Row(3, 0s, true)});
  EXPECT_EQ(Of(30), histogram);
  EXPECT_THAT(rows_[1].latencies, IsEmpty());
}

TEST_F(HistogramBookTest, WithoutRoomNothingIsGivenOut) {
  HistogramBook none(0);
  std::vector<PoolRow> rows = {Row(1, 4s, true)};
  EXPECT_THAT(none.Update({}, rows), IsEmpty());
}

}  // namespace
}  // namespace loadline::agent
