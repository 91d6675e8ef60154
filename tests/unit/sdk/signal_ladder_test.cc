// SPDX-License-Identifier: Apache-2.0
//
// Goal: the best fresh source is used, and losing one steps down within a second.
// Method: sources that answer what they are given, at times that are given.
#include "loadline/signal_ladder.h"

#include <gtest/gtest.h>

#include <chrono>

#include "loadline/testing/manual_source.h"

namespace loadline {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using testing::ManualSource;

constexpr Clock::Time At(Clock::Duration since_start) { return Clock::Time{since_start}; }

class SignalLadderTest : public ::testing::Test {
 protected:
  SignalLadder::Reading ReadAt(Clock::Duration now) { return ladder_.Read("pool", At(now)); }

  ManualSource stream_{SignalStep::kStream};
  ManualSource schedstat_{SignalStep::kSchedstat};
  SignalLadder ladder_{{&stream_, &schedstat_}};
};

TEST_F(SignalLadderTest, UsesTheBestSourceAndLeavesTheOthersAlone) {
  stream_.Give(At(90ms));
  const SignalLadder::Reading reading = ReadAt(100ms);
  ASSERT_TRUE(reading.fresh);
  EXPECT_EQ(reading.state.step, SignalStep::kStream);
  EXPECT_EQ(reading.state.age, 10ms);
  EXPECT_EQ(schedstat_.reads, 0) << "reading it costs, so only when needed";
}

TEST_F(SignalLadderTest, StaysOnASourceBetweenItsReadings) {
  stream_.Give(At(90ms));
  ReadAt(100ms);
  const SignalLadder::Reading reading = ReadAt(200ms);
  EXPECT_FALSE(reading.fresh);
  EXPECT_EQ(reading.state.step, SignalStep::kStream);
  EXPECT_EQ(reading.state.age, 110ms);
}

TEST_F(SignalLadderTest, StepsDownWithinASecondOfTheLastReading) {
  stream_.Give(At(0ms));
  for (Clock::Duration now = 0ms; now < 1s; now += 100ms) {
    if (schedstat_.reads > 0) {  // It answers from its second reading on.
      schedstat_.Give(At(now));
    }
    ReadAt(now);
  }
  EXPECT_EQ(ReadAt(1s).state.step, SignalStep::kSchedstat);
}

TEST_F(SignalLadderTest, TakesABetterSourceBackAtOnce) {
  schedstat_.Give(At(100ms));
  EXPECT_EQ(ReadAt(100ms).state.step, SignalStep::kSchedstat);
  stream_.Give(At(190ms));
  EXPECT_EQ(ReadAt(200ms).state.step, SignalStep::kStream);
}

TEST_F(SignalLadderTest, WithoutAnySourceThereIsLatencyOnly) {
  const SignalLadder::Reading never = ReadAt(100ms);
  EXPECT_EQ(never.state.step, SignalStep::kLatency);
  EXPECT_EQ(never.state.age, Clock::Duration::max());

  stream_.Give(At(100ms));
  ReadAt(100ms);
  const SignalLadder::Reading lost = ReadAt(5s);
  EXPECT_EQ(lost.state.step, SignalStep::kLatency);
  EXPECT_EQ(lost.state.age, 4900ms) << "how old the newest is stays visible";
}

TEST_F(SignalLadderTest, DoesNotBelieveAReadingThatIsOldOnArrival) {
  stream_.Give(At(100ms));
  const SignalLadder::Reading reading = ReadAt(2s);
  EXPECT_FALSE(reading.fresh);
  EXPECT_EQ(reading.state.step, SignalStep::kLatency);
}

TEST_F(SignalLadderTest, ForgetsAPoolWhoseNameIsTakenByAnother) {
  stream_.Give(At(100ms));
  ReadAt(100ms);
  ladder_.Forget("pool");
  EXPECT_EQ(ReadAt(110ms).state.age, Clock::Duration::max());
}

}  // namespace
}  // namespace loadline
