// SPDX-License-Identifier: Apache-2.0
// Goal: the figures of the report are right, recovery time above all.
// Method: runs made of samples in simulated time, whose figures are known by construction.
#include "agent/demo/scoreboard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>

namespace loadline::demo {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using ::testing::AllOf;
using ::testing::DoubleNear;
using ::testing::Ge;
using ::testing::Le;

Clock::Time At(Clock::Duration since_start) { return Clock::Time{} + since_start; }

// A run of 1 s warm-up, 10 s steady, 10 s slow, 10 s recovery, 100/s on both endpoints.
class ScoreboardTest : public ::testing::Test {
 protected:
  struct Fate {
    Answer answer = Answer::kServed;
    Clock::Duration latency = 5ms;
  };
  using FateOf = std::function<Fate(Endpoint, Clock::Duration since_start)>;

  static constexpr Clock::Duration kSlowAt = 11s;
  static constexpr Clock::Duration kRecoveryAt = 21s;
  static constexpr Clock::Duration kEnd = 31s;

  void Play(const FateOf& fate_of) {
    board_.BeginPhase(PhaseKind::kWarmup, At(0s));
    board_.BeginPhase(PhaseKind::kSteady, At(1s));
    board_.BeginPhase(PhaseKind::kSlow, At(kSlowAt));
    board_.BeginPhase(PhaseKind::kRecovery, At(kRecoveryAt));
    board_.EndRun(At(kEnd));
    for (Clock::Duration due = 0s; due < kEnd; due += 10ms) {
      for (const Endpoint endpoint : kEndpoints) {
        const Fate fate = fate_of(endpoint, due);
        board_.Add({.endpoint = endpoint,
                    .answer = fate.answer,
                    .due = At(due),
                    .finished = At(due + fate.latency)});
      }
    }
  }

  Scoreboard board_;
};

TEST_F(ScoreboardTest, AHealthyRunIsAllGoodAndRecoversAtOnce) {
  Play([](Endpoint, Clock::Duration) { return Fate{}; });
  const std::vector<PhaseFigures> phases = board_.Phases();
  ASSERT_EQ(phases.size(), 3U);  // The warm-up is not counted.
  for (const PhaseFigures& phase : phases) {
    EXPECT_DOUBLE_EQ(phase.seconds, 10);
    for (const Endpoint endpoint : kEndpoints) {
      EXPECT_EQ(phase.of(endpoint).offered, 1000);
      EXPECT_EQ(phase.of(endpoint).good, 1000);
      EXPECT_THAT(phase.of(endpoint).p99_ms, AllOf(Ge(5.0), Le(5.2)));
    }
  }
  EXPECT_TRUE(board_.FindRecovery().recovered);
  EXPECT_EQ(board_.FindRecovery().seconds, 0);
}

TEST_F(ScoreboardTest, EachFateIsCountedOnce) {
  Play([](Endpoint endpoint, Clock::Duration due) -> Fate {
    if (endpoint == Endpoint::kIndependent || due < kSlowAt || due >= kRecoveryAt) {
      return {};
    }
    switch ((due / 10ms) % 4) {
      case 0:
        return {};
      case 1:
        return {.latency = 251ms};
      case 2:
        return {.answer = Answer::kRefused, .latency = 1ms};
      default:
        return {.answer = Answer::kFailed, .latency = 2s};
    }
  });
  const EndpointFigures slow = board_.Phases()[1].dependent;
  EXPECT_EQ(slow.good, 250);
  EXPECT_EQ(slow.late, 250);
  EXPECT_EQ(slow.refused, 250);
  EXPECT_EQ(slow.failed, 250);
  EXPECT_EQ(slow.offered, 1000);
  EXPECT_DOUBLE_EQ(slow.good_share(), 0.25);
  EXPECT_GE(slow.p99_ms, 2000);
}

TEST_F(ScoreboardTest, TheTimelineShowsEachSecondAfterTheWarmUp) {
  Play([](Endpoint endpoint, Clock::Duration due) -> Fate {
    const bool lost = endpoint == Endpoint::kDependent && due >= kSlowAt && due < kRecoveryAt;
    return lost ? Fate{.answer = Answer::kRefused} : Fate{};
  });
  const std::vector<SecondFigures> timeline = board_.Timeline();
  ASSERT_EQ(timeline.size(), 30U);
  EXPECT_EQ(timeline[0].at_seconds, 0);
  EXPECT_EQ(timeline[9].dependent_good_per_second, 100);
  EXPECT_EQ(timeline[10].dependent_good_per_second, 0);
  EXPECT_EQ(timeline[10].independent_good_per_second, 100);
  EXPECT_EQ(timeline[20].dependent_good_per_second, 100);
}

TEST_F(ScoreboardTest, TheObjectiveItselfIsStillGood) {
  Play([](Endpoint, Clock::Duration) { return Fate{.latency = kObjective}; });
  EXPECT_EQ(board_.Phases()[0].dependent.late, 0);
}

TEST_F(ScoreboardTest, ARequestBelongsToThePhaseInWhichItWasDueThoughItEndsLater) {
  Play([](Endpoint, Clock::Duration due) {
    return due < kRecoveryAt ? Fate{} : Fate{.latency = 30s};
  });
  EXPECT_EQ(board_.Phases()[1].dependent.good, 1000);
  EXPECT_EQ(board_.Phases()[2].dependent.late, 1000);
}

TEST_F(ScoreboardTest, RecoveryIsCountedFromTheDependencysRecovery) {
  Play([](Endpoint endpoint, Clock::Duration due) {
    const bool down = endpoint == Endpoint::kDependent && due >= kSlowAt && due < kRecoveryAt + 3s;
    return down ? Fate{.answer = Answer::kRefused} : Fate{};
  });
  EXPECT_TRUE(board_.FindRecovery().recovered);
  EXPECT_THAT(board_.FindRecovery().seconds, DoubleNear(3.0, 0.11));
}

TEST_F(ScoreboardTest, OneEndpointAloneIsNoRecovery) {
  Play([](Endpoint endpoint, Clock::Duration due) {
    const Clock::Duration back = endpoint == Endpoint::kDependent ? 2s : 6s;
    return due >= kSlowAt && due < kRecoveryAt + back ? Fate{.answer = Answer::kFailed} : Fate{};
  });
  EXPECT_THAT(board_.FindRecovery().seconds, DoubleNear(6.0, 0.11));
}

TEST_F(ScoreboardTest, AFlashOfHealthIsNoRecovery) {
  Play([](Endpoint, Clock::Duration due) {
    const bool flash = due >= kRecoveryAt + 1s && due < kRecoveryAt + 1500ms;
    const bool down = due >= kSlowAt && due < kRecoveryAt + 5s && !flash;
    return down ? Fate{.answer = Answer::kFailed} : Fate{};
  });
  EXPECT_THAT(board_.FindRecovery().seconds, DoubleNear(5.0, 0.11));
}

TEST_F(ScoreboardTest, FivePerCentMayBeMissingButNoMore) {
  const auto lose_one_in = [](int n) {
    return [n](Endpoint, Clock::Duration due) {
      const bool lost = due >= kSlowAt && (due / 10ms) % n == 0;
      return lost ? Fate{.answer = Answer::kFailed} : Fate{};
    };
  };
  Play(lose_one_in(20));
  EXPECT_TRUE(board_.FindRecovery().recovered);
  board_ = {};
  Play(lose_one_in(10));
  EXPECT_FALSE(board_.FindRecovery().recovered);
}

TEST_F(ScoreboardTest, ARunThatNeverRecoversReportsTheWholePhase) {
  Play([](Endpoint, Clock::Duration due) {
    return due >= kSlowAt ? Fate{.answer = Answer::kFailed, .latency = 2s} : Fate{};
  });
  EXPECT_FALSE(board_.FindRecovery().recovered);
  EXPECT_DOUBLE_EQ(board_.FindRecovery().seconds, 10);
}

TEST_F(ScoreboardTest, NothingPlayedIsNoRecovery) {
  EXPECT_FALSE(board_.FindRecovery().recovered);
  EXPECT_TRUE(board_.Phases().empty());
}

}  // namespace
}  // namespace loadline::demo
