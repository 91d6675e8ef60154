// SPDX-License-Identifier: Apache-2.0
//
// Goal: the limiter keeps the law's bound, tells the law the truth, and says why it refused.
// Method: a FakeClock for latency and ticks, a law that answers what it is told to.
#include "loadline/limiter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <memory>
#include <utility>
#include <vector>

#include "loadline/testing/fake_clock.h"
#include "loadline/testing/scripted_law.h"

namespace loadline {
namespace {

using control::Reason;
using std::chrono_literals::operator""ms;

class LimiterTest : public ::testing::Test {
 protected:
  std::unique_ptr<Limiter> MakeLimiter(Mode mode = Mode::kEnforce) {
    auto limiter = Limiter::Create(
        {.name = "l", .mode = mode, .deadline = 80ms, .limit_max = 50, .clock = &clock_},
        std::make_unique<testing::ScriptedLaw>(&next_, &windows_));
    EXPECT_EQ(limiter.status(), absl::OkStatus());
    return *std::move(limiter);
  }

  control::Window TickAfter(Limiter& limiter, Clock::Duration step) {
    clock_.Advance(step);
    limiter.Tick({.now = clock_.Now()});
    return windows_.back();
  }

  testing::FakeClock clock_;
  control::Decision next_{.limit = 2, .reason = Reason::kHealthy};
  std::vector<control::Window> windows_;
};

TEST_F(LimiterTest, RefusesBeyondTheLimitAndAdmitsAgainAfterwards) {
  auto limiter = MakeLimiter();
  std::optional<Permit> first = limiter->TryAcquire();
  std::optional<Permit> second = limiter->TryAcquire();
  EXPECT_TRUE(first && second);
  EXPECT_FALSE(limiter->TryAcquire());

  first->Finish(Outcome::kSuccess);
  EXPECT_TRUE(limiter->TryAcquire());
}

TEST_F(LimiterTest, AForgottenPermitFreesItsPlaceAndTeachesNothing) {
  auto limiter = MakeLimiter();
  { const std::optional<Permit> forgotten = limiter->TryAcquire(); }

  EXPECT_EQ(limiter->in_flight(), 0);
  const control::Window window = TickAfter(*limiter, 100ms);
  EXPECT_EQ(window.arrivals, 1);
  EXPECT_EQ(window.completed, 0);
  EXPECT_EQ(window.latency_sum, 0ms);
}

TEST_F(LimiterTest, MeasuresLatencyFromAdmissionToFinishOnce) {
  auto limiter = MakeLimiter();
  std::optional<Permit> permit = limiter->TryAcquire();
  clock_.Advance(7ms);
  permit->Finish(Outcome::kSuccess);
  permit->Finish(Outcome::kDropped);

  const control::Window window = TickAfter(*limiter, 100ms);
  EXPECT_EQ(window.completed, 1);
  EXPECT_EQ(window.latency_sum, 7ms);
  EXPECT_EQ(window.dropped, 0);
  EXPECT_EQ(window.span, 107ms);
}

TEST_F(LimiterTest, ADroppedOperationIsNoLatencySampleButMayBeLate) {
  auto limiter = MakeLimiter();
  std::optional<Permit> in_time = limiter->TryAcquire();
  std::optional<Permit> late = limiter->TryAcquire();
  in_time->Finish(Outcome::kDropped);
  clock_.Advance(81ms);
  late->Finish(Outcome::kDropped);

  const control::Window window = TickAfter(*limiter, 100ms);
  EXPECT_EQ(window.dropped, 2);
  EXPECT_EQ(window.late, 1);
  EXPECT_EQ(window.completed, 0);
}

TEST_F(LimiterTest, TellsTheLawOfRequestsThatHang) {
  auto limiter = MakeLimiter();
  std::optional<Permit> hung = limiter->TryAcquire();
  EXPECT_EQ(TickAfter(*limiter, 50ms).pending_late, 0);
  EXPECT_EQ(TickAfter(*limiter, 50ms).pending_late, 1);
  hung->Finish(Outcome::kIgnored);
  EXPECT_EQ(TickAfter(*limiter, 50ms).pending_late, 0);
}

TEST_F(LimiterTest, EachWindowHasItsOwnCountsAndMaximum) {
  auto limiter = MakeLimiter();
  {
    std::optional<Permit> first = limiter->TryAcquire();
    std::optional<Permit> second = limiter->TryAcquire();
    EXPECT_FALSE(limiter->TryAcquire());
  }
  const control::Window busy = TickAfter(*limiter, 100ms);
  EXPECT_EQ(busy.arrivals, 3);
  EXPECT_EQ(busy.rejected, 1);
  EXPECT_EQ(busy.in_flight_max, 2);
  EXPECT_EQ(busy.in_flight, 0);

  const control::Window idle = TickAfter(*limiter, 100ms);
  EXPECT_EQ(idle.arrivals, 0);
  EXPECT_EQ(idle.in_flight_max, 0);
}

TEST_F(LimiterTest, AWindowBeginsWithWhatIsInFlight) {
  auto limiter = MakeLimiter();
  std::optional<Permit> running = limiter->TryAcquire();
  TickAfter(*limiter, 10ms);
  EXPECT_EQ(TickAfter(*limiter, 10ms).in_flight_max, 1);
}

TEST_F(LimiterTest, PutsTheDecisionInForceAndCountsMovesByCause) {
  auto limiter = MakeLimiter();
  next_ = {.limit = 1, .reason = Reason::kOwnCpu};
  TickAfter(*limiter, 100ms);
  std::optional<Permit> only = limiter->TryAcquire();
  EXPECT_FALSE(limiter->TryAcquire());
  next_.limit = 1.04;  // Within 5 %: noise.
  TickAfter(*limiter, 100ms);

  const LimiterStats stats = limiter->Stats();
  EXPECT_EQ(stats.decision.reason, Reason::kOwnCpu);
  EXPECT_EQ(stats.rejected_total[static_cast<std::size_t>(Reason::kOwnCpu)], 1);
  EXPECT_EQ(stats.limit_changes_total[static_cast<std::size_t>(Reason::kOwnCpu)], 1);
}

TEST_F(LimiterTest, ShadowModeCountsWhatItWouldRefuseAndAdmitsUpToTheMaximum) {
  auto limiter = MakeLimiter(Mode::kShadow);
  std::vector<Permit> held;
  for (int i = 0; i < 50; ++i) {
    std::optional<Permit> permit = limiter->TryAcquire();
    ASSERT_TRUE(permit);
    held.push_back(*std::move(permit));
  }
  EXPECT_FALSE(limiter->TryAcquire());

  const control::Window window = TickAfter(*limiter, 100ms);
  EXPECT_EQ(window.arrivals, 51);
  EXPECT_EQ(window.rejected, 49);
  const LimiterStats stats = limiter->Stats();
  EXPECT_EQ(stats.would_reject_total, 48);
  EXPECT_EQ(stats.rejected_total[static_cast<std::size_t>(Reason::kCap)], 1);
}

TEST_F(LimiterTest, AMaximumBeyondAllCountingRefusesNothing) {
  for (const Mode mode : {Mode::kShadow, Mode::kEnforce}) {
    next_.limit = 1e300;
    auto limiter = *Limiter::Create(
        {.name = "l", .mode = mode, .limit_max = mode == Mode::kShadow ? 4294967296.0 : 1e300},
        std::make_unique<testing::ScriptedLaw>(&next_, &windows_));
    EXPECT_TRUE(limiter->TryAcquire()) << Name(mode);
  }
}

TEST_F(LimiterTest, ALawThatStartsWithNonsenseStillAdmitsOne) {
  for (const double nonsense : {0.0, -5.0, std::nan("")}) {
    next_.limit = nonsense;
    auto limiter = MakeLimiter();
    EXPECT_TRUE(limiter->TryAcquire()) << nonsense;
  }
}

TEST_F(LimiterTest, OffAdmitsAllAndLetsTheLawRest) {
  auto limiter = MakeLimiter(Mode::kOff);
  std::optional<Permit> a = limiter->TryAcquire(), b = limiter->TryAcquire();
  std::optional<Permit> c = limiter->TryAcquire();
  EXPECT_TRUE(a && b && c);
  clock_.Advance(100ms);
  limiter->Tick({.now = clock_.Now()});
  EXPECT_TRUE(windows_.empty());
  EXPECT_EQ(limiter->in_flight(), 3);
}

TEST_F(LimiterTest, ObserveAdmitsAllAndLetsTheLawRun) {
  auto limiter = MakeLimiter(Mode::kObserve);
  std::optional<Permit> a = limiter->TryAcquire(), b = limiter->TryAcquire();
  std::optional<Permit> c = limiter->TryAcquire();
  EXPECT_TRUE(a && b && c);
  EXPECT_EQ(TickAfter(*limiter, 100ms).rejected, 0);
  EXPECT_EQ(limiter->Stats().would_reject_total, 0);
}

TEST_F(LimiterTest, ChangesItsModeWhileRunning) {
  auto limiter = MakeLimiter(Mode::kOff);
  std::optional<Permit> a = limiter->TryAcquire(), b = limiter->TryAcquire();
  limiter->SetMode(Mode::kEnforce);
  EXPECT_FALSE(limiter->TryAcquire());
}

TEST_F(LimiterTest, AssigningOverAPermitReturnsItsPlace) {
  auto limiter = MakeLimiter();
  std::optional<Permit> kept = limiter->TryAcquire();
  std::optional<Permit> replaced = limiter->TryAcquire();
  *replaced = *std::move(kept);
  EXPECT_EQ(limiter->in_flight(), 1);

  Permit& self = *replaced;
  *replaced = std::move(self);
  EXPECT_EQ(limiter->in_flight(), 1);
}

TEST_F(LimiterTest, ALawThatAnswersNonsenseCannotCloseTheDoor) {
  auto limiter = MakeLimiter();
  next_.limit = 0.0 / 0.0;
  TickAfter(*limiter, 100ms);
  EXPECT_TRUE(limiter->TryAcquire());
}

TEST_F(LimiterTest, ATickThatIsNotLaterDoesNothing) {
  auto limiter = MakeLimiter();
  limiter->Tick({.now = clock_.Now()});
  EXPECT_TRUE(windows_.empty());
}

}  // namespace
}  // namespace loadline
