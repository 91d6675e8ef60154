// SPDX-License-Identifier: Apache-2.0
// Goal: the screen's figures are those of the last moments, and of nothing older.
#include "agent/demo/live_meter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

namespace loadline::demo {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using ::testing::ElementsAre;
using ::testing::SizeIs;

class LiveMeterTest : public ::testing::Test {
 protected:
  void Serve(Endpoint endpoint, int requests, Clock::Duration latency = 5ms) {
    for (int i = 0; i < requests; ++i) {
      meter_.Add({.endpoint = endpoint,
                  .answer = Answer::kServed,
                  .due = now_ - latency,
                  .finished = now_});
    }
  }
  LiveMeter::Reading After(Clock::Duration step, Endpoint endpoint) {
    now_ += step;
    meter_.Advance(now_);
    return meter_.Read(endpoint, now_);
  }

  Clock::Time now_{};
  LiveMeter meter_{now_};
};

TEST_F(LiveMeterTest, CountsTheLastSecondOfEachEndpointByItself) {
  Serve(Endpoint::kDependent, 7);
  Serve(Endpoint::kIndependent, 3);
  EXPECT_EQ(After(500ms, Endpoint::kDependent).good_per_second, 7);
  EXPECT_EQ(After(0ms, Endpoint::kIndependent).good_per_second, 3);
  EXPECT_EQ(After(600ms, Endpoint::kDependent).good_per_second, 0);
}

TEST_F(LiveMeterTest, ALateAnswerIsSeenInTheLatencyButIsNotGood) {
  Serve(Endpoint::kDependent, 5, 900ms);
  const LiveMeter::Reading reading = After(100ms, Endpoint::kDependent);
  EXPECT_EQ(reading.good_per_second, 0);
  EXPECT_GE(reading.p99_ms, 900);
}

TEST_F(LiveMeterTest, ForgetsLatenciesAfterThreeSeconds) {
  Serve(Endpoint::kDependent, 5, 900ms);
  EXPECT_EQ(After(3100ms, Endpoint::kDependent).p99_ms, 0);
}

TEST_F(LiveMeterTest, TheHistoryHasAValuePerSecondAndABound) {
  Serve(Endpoint::kDependent, 2);
  EXPECT_THAT(After(1s, Endpoint::kDependent).history, ElementsAre(2));
  Serve(Endpoint::kDependent, 4);
  EXPECT_THAT(After(2s, Endpoint::kDependent).history, ElementsAre(2, 4, 0));
  EXPECT_THAT(After(1000s, Endpoint::kDependent).history, SizeIs(40));
}

}  // namespace
}  // namespace loadline::demo
