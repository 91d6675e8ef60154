// SPDX-License-Identifier: Apache-2.0
//
// Goal: totals become differences, and neither a new nor a wrong agent makes a negative one.
// Method: pure; totals and times are given.
#include "sdk/agent_client/src/signal_totals.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace loadline {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""ms;

constexpr Clock::Time At(Clock::Duration since_start) { return Clock::Time{since_start}; }

class SignalTotalsTest : public ::testing::Test {
 protected:
  void Hear(Clock::Duration taken_at, Clock::Duration on_cpu) {
    totals_.Add("pool", {.taken_at = At(taken_at), .threads = 3, .counters = {.on_cpu = on_cpu}},
                At(taken_at + 1ms));
  }
  SignalTotals totals_;
};

TEST_F(SignalTotalsTest, TheFirstTotalsAreTheBaseline) {
  EXPECT_FALSE(totals_.Take("pool"));
  Hear(100ms, 50ms);
  EXPECT_FALSE(totals_.Take("pool"));
  Hear(200ms, 70ms);
  const std::optional<Signal> signal = totals_.Take("pool");
  ASSERT_TRUE(signal);
  EXPECT_EQ(signal->counters.on_cpu, 20ms);
  EXPECT_EQ(signal->span, 100ms);
  EXPECT_EQ(signal->taken_at, At(200ms));
  EXPECT_EQ(signal->threads, 3);
  EXPECT_EQ(signal->step, SignalStep::kStream);
}

TEST_F(SignalTotalsTest, AnswersTheSameTotalsOnlyOnce) {
  Hear(100ms, 50ms);
  totals_.Take("pool");
  Hear(200ms, 70ms);
  EXPECT_TRUE(totals_.Take("pool"));
  EXPECT_FALSE(totals_.Take("pool"));
}

TEST_F(SignalTotalsTest, AReaderThatMissedSomeGetsTheWholeDifference) {
  Hear(100ms, 50ms);
  totals_.Take("pool");
  Hear(200ms, 70ms);
  Hear(300ms, 75ms);
  const std::optional<Signal> signal = totals_.Take("pool");
  ASSERT_TRUE(signal);
  EXPECT_EQ(signal->counters.on_cpu, 25ms);
  EXPECT_EQ(signal->span, 200ms);
}

TEST_F(SignalTotalsTest, ANewAgentCountsFromZeroAndIsNotSubtracted) {
  Hear(100ms, 5000ms);
  totals_.Take("pool");
  totals_.Restart();
  Hear(200ms, 1ms);
  EXPECT_FALSE(totals_.Take("pool"));
  Hear(300ms, 4ms);
  EXPECT_EQ(totals_.Take("pool")->counters.on_cpu, 3ms);
}

TEST_F(SignalTotalsTest, TotalsThatShrinkAreOnlyANewBaseline) {
  Hear(100ms, 50ms);
  totals_.Take("pool");
  Hear(200ms, 10ms);
  EXPECT_FALSE(totals_.Take("pool"));
  Hear(300ms, 15ms);
  EXPECT_EQ(totals_.Take("pool")->counters.on_cpu, 5ms);
}

TEST_F(SignalTotalsTest, NegativeTotalsAreIgnored) {
  Hear(100ms, 50ms);
  totals_.Take("pool");
  Hear(200ms, -5ms);
  EXPECT_FALSE(totals_.Take("pool"));
  Hear(300ms, 70ms);
  EXPECT_EQ(totals_.Take("pool")->counters.on_cpu, 20ms);
}

TEST_F(SignalTotalsTest, MoreTimeThanTheThreadsHadIsOnlyANewBaseline) {
  Hear(100ms, 50ms);
  totals_.Take("pool");
  Hear(200ms, 1000h);
  EXPECT_FALSE(totals_.Take("pool"));
  Hear(300ms, 1000h + 7ms);
  EXPECT_EQ(totals_.Take("pool")->counters.on_cpu, 7ms);
}

TEST_F(SignalTotalsTest, NamesWithoutEndAreNotKept) {
  for (int i = 0; i < 2000; ++i) {
    totals_.Add("pool" + std::to_string(i), {.taken_at = At(100ms)}, At(100ms));
  }
  const auto heard_again = [&](const std::string& pool) {
    totals_.Take(pool);
    totals_.Add(pool, {.taken_at = At(200ms)}, At(200ms));
    return totals_.Take(pool).has_value();
  };
  EXPECT_TRUE(heard_again("pool0"));
  EXPECT_FALSE(heard_again("pool1999"));
}

TEST_F(SignalTotalsTest, ATimeFromTheFutureIsNotBelieved) {
  totals_.Add("pool", {.taken_at = At(1000h)}, At(100ms));
  totals_.Take("pool");
  totals_.Add("pool", {.taken_at = At(2000h)}, At(200ms));
  EXPECT_EQ(totals_.Take("pool")->taken_at, At(200ms));
}

TEST_F(SignalTotalsTest, PoolsAreApart) {
  Hear(100ms, 50ms);
  EXPECT_FALSE(totals_.Take("other"));
}

}  // namespace
}  // namespace loadline
