// SPDX-License-Identifier: Apache-2.0
// Goal: the longest wait of half an hour is told for each cause: how long, when, for whom; it is
// exact where readings allow that, and never more than what was waited.
// Method: readings of one thread as data.
#include "agent/src/model/longest_wait.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <random>

#include "loadline/testing/thread_samples.h"

namespace loadline::agent {
namespace {

using namespace std::chrono_literals;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr Clock::Time kStart{100min};

TEST(LongestWaitsTest, TheLongestOfEachCauseIsToldWithItsTimeAndItsCulprit) {
  LongestWaits longest;
  longest.Add(Cause::kLock, "a", 3s, kStart);
  longest.Add(Cause::kLock, "b", 5s, kStart + 1min);
  longest.Add(Cause::kLock, "c", 4s, kStart + 2min);
  longest.Add(Cause::kStorage, "", 1s, kStart);
  const std::vector<LongestWait> all = longest.Longest();
  ASSERT_THAT(all, SizeIs(2));
  EXPECT_EQ(all[0].length, 5s);
  EXPECT_EQ(all[0].culprit, "b");
  EXPECT_EQ(all[0].until, kStart + 1min);
  EXPECT_EQ(all[1].cause, Cause::kStorage);
}

TEST(LongestWaitsTest, ItIsForgottenAfterHalfAnHourAndTheNextOneTakesItsPlace) {
  LongestWaits longest;
  longest.Add(Cause::kLock, "long", 5s, kStart);
  longest.Add(Cause::kLock, "next", 4s, kStart + 10min);
  longest.Forget(kStart + 29min);
  EXPECT_EQ(longest.Of(Cause::kLock), 5s);
  longest.Forget(kStart + 31min);
  EXPECT_EQ(longest.Longest().at(0).culprit, "next");
  longest.Forget(kStart + 41min);
  EXPECT_THAT(longest.Longest(), IsEmpty());
}

// Against a plain maximum over all that is not older than half an hour, by minutes.
TEST(LongestWaitsTest, ItIsTheMaximumWhateverTheOrder) {
  std::mt19937 random(5);
  std::vector<std::pair<std::int64_t, Clock::Duration>> all;
  LongestWaits longest;
  for (int i = 0; i < 20'000; ++i) {
    const Clock::Time at = kStart + i * 1s;
    const Clock::Duration length = std::chrono::microseconds(1 + random() % 1'000'000'000);
    longest.Add(Cause::kLock, "", length, at);
    longest.Forget(at);
    const std::int64_t minute = (100 * 60 + i) / 60;
    all.emplace_back(minute, length);
    if (i % 97 != 0) {
      continue;
    }
    Clock::Duration most{};
    for (const auto& [its, one] : all) {
      most = its > minute - 30 ? std::max(most, one) : most;
    }
    ASSERT_EQ(longest.Of(Cause::kLock), most);
  }
}

class WaitWatchTest : public ::testing::Test {
 protected:
  // A reading a second later, in which the thread waits for so long.
  void Waits(WaitReason reason, Clock::Duration age, Clock::Duration blocked, std::int64_t began) {
    sample_.state = ThreadState::kBlocked;
    sample_.reason = reason;
    sample_.in_state = age;
    increment_ = {};
    increment_.blocked_for(reason) = blocked;
    increment_.switches_voluntary = began;
    Settle();
    watch_.SeeLost(Now(), Cause::kDependency, "10.0.0.5:5432", longest_);
  }
  void Runs(WaitReason reason, Clock::Duration blocked, std::int64_t began) {
    sample_.state = ThreadState::kRunning;
    increment_ = {};
    increment_.blocked_for(reason) = blocked;
    increment_.switches_voluntary = began;
    Settle();
  }
  void Settle() {
    at_ += 1s;
    watch_.Settle(Now(), longest_);
  }
  WaitWatch::Now Now() const {
    return {.sample = sample_,
            .increment = increment_,
            .reason = sample_.reason,
            .between = 1s,
            .at = at_};
  }
  LongestWait Longest() const {
    return longest_.Longest().empty() ? LongestWait() : longest_.Longest().front();
  }

  ThreadSample sample_ = testing::Thread(100, 101, "worker");
  PoolCounters increment_;
  WaitWatch watch_;
  LongestWaits longest_;
  Clock::Time at_ = kStart;
};

TEST_F(WaitWatchTest, AWaitThatGoesOnIsAsLongAsItIsOld) {
  Waits(WaitReason::kNetwork, 300ms, 300ms, 1);
  Waits(WaitReason::kNetwork, 1300ms, 1s, 0);
  Waits(WaitReason::kNetwork, 2300ms, 1s, 0);
  EXPECT_EQ(Longest().length, 2300ms);
  EXPECT_EQ(Longest().until, at_);
}

TEST_F(WaitWatchTest, TheRestOfAWaitThatEndedCounts) {
  Waits(WaitReason::kNetwork, 300ms, 300ms, 1);
  Runs(WaitReason::kNetwork, 456ms, 0);
  EXPECT_EQ(Longest().length, 756ms);
  EXPECT_EQ(Longest().culprit, "10.0.0.5:5432");
}

TEST_F(WaitWatchTest, TheWaitThatFollowedIsNoPartOfIt) {
  Waits(WaitReason::kNetwork, 300ms, 300ms, 1);
  Waits(WaitReason::kNetwork, 200ms, 656ms, 1);  // 456 ms more, then a new one.
  EXPECT_EQ(Longest().length, 756ms);
}

TEST_F(WaitWatchTest, WhereOthersCameAndWentOnlyWhatWasSeenIsCertain) {
  Waits(WaitReason::kNetwork, 2300ms, 1s, 0);
  Runs(WaitReason::kNetwork, 900ms, 200);
  EXPECT_EQ(Longest().length, 2300ms);
}

TEST_F(WaitWatchTest, AWaitThatBeganAsRestIsNone) {
  sample_.state = ThreadState::kBlocked;
  sample_.reason = WaitReason::kIpc;
  sample_.in_state = 2h;
  Settle();
  watch_.SeeRest();
  Waits(WaitReason::kIpc, 2h + 1s, 1s, 0);
  EXPECT_EQ(Longest().length, 0s);
  Waits(WaitReason::kIpc, 400ms, 1s, 1);
  EXPECT_EQ(Longest().length, 400ms);
}

TEST_F(WaitWatchTest, OfManyThreadsTheLongestCounts) {
  Waits(WaitReason::kNetwork, 5s, 1s, 0);
  WaitWatch other;
  std::swap(other, watch_);
  Waits(WaitReason::kNetwork, 4500ms, 1s, 0);
  Runs(WaitReason::kNetwork, 900ms, 0);
  EXPECT_EQ(Longest().length, 5400ms) << "it was remembered, for it might become the longest";
  std::swap(other, watch_);
  Runs(WaitReason::kNetwork, 100ms, 0);
  EXPECT_EQ(Longest().length, 5400ms);
}

}  // namespace
}  // namespace loadline::agent
