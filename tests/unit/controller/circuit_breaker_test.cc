// SPDX-License-Identifier: Apache-2.0
// Goal: a breaker opens on failure, comes back by degrees, and not all breakers at once.
// Method: 100 calls a second against a dependency that is up or down, time by hand.
#include "loadline/control/circuit_breaker.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

namespace loadline::control {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using State = CircuitBreaker::State;

struct Caller {
  explicit Caller(const CircuitBreakerOptions& options = {})
      : breaker(CircuitBreaker::Create(options).value()) {}

  CircuitBreaker breaker;
  Clock::Time now;
  bool up = true;

  // Calls for `t`; how many were admitted.
  int Call(Clock::Duration t) {
    int admitted = 0;
    for (const Clock::Time end = now + t; now < end; now += 10ms) {
      if (breaker.Admit(now)) {
        ++admitted;
        breaker.OnDone(now, up);
      }
    }
    return admitted;
  }
};

TEST(CircuitBreakerTest, OpensWhenHalfOfTwentyFail) {
  Caller caller;
  for (int i = 0; i < 19; ++i) {
    caller.breaker.OnDone(caller.now, false);
    ASSERT_EQ(caller.breaker.state(), State::kClosed);
  }
  caller.breaker.OnDone(caller.now, false);
  EXPECT_EQ(caller.breaker.state(), State::kOpen);
  EXPECT_FALSE(caller.breaker.Admit(caller.now));
}

TEST(CircuitBreakerTest, TwoFifthsOfTheCallsMayFailForEver) {
  Caller caller;
  for (int i = 0; i < 1000; ++i) {
    caller.breaker.OnDone(caller.now += 10ms, i % 5 < 3);
    ASSERT_EQ(caller.breaker.state(), State::kClosed);
  }
}

TEST(CircuitBreakerTest, OpensAtOnceWhenTheDependencyIsDead) {
  Caller caller;
  caller.breaker.OnDead(caller.now);
  EXPECT_EQ(caller.breaker.state(), State::kOpen);
}

TEST(CircuitBreakerTest, WaitsTwiceAsLongForEachOpeningInARow) {
  Caller caller({.jitter = 0});
  caller.up = false;
  caller.breaker.OnDead(caller.now);
  double before = 0;
  for (int k = 0; k < 7; ++k) {
    int refused = 0;
    while (!caller.breaker.Admit(caller.now)) {
      caller.now += 10ms;
      ++refused;
    }
    const double waited = refused * 0.01;
    EXPECT_NEAR(waited, std::min(30.0, std::exp2(k)), 0.02);
    EXPECT_GE(waited, before);
    before = waited;
    caller.breaker.OnDead(caller.now);
  }
}

TEST(CircuitBreakerTest, StaysOpenNoLongerWhenTheClockGoesBack) {
  Caller caller({.jitter = 0});
  caller.now += 1h;
  caller.breaker.OnDead(caller.now);
  caller.now -= 1h;
  EXPECT_FALSE(caller.breaker.Admit(caller.now));
  EXPECT_TRUE(caller.breaker.Admit(caller.now + 1s));
}

TEST(CircuitBreakerTest, ComesBackByDegrees) {
  Caller caller;
  caller.breaker.OnDead(caller.now);
  caller.Call(1300ms);
  ASSERT_EQ(caller.breaker.state(), State::kHalfOpen);
  double share = caller.breaker.share();
  int seconds = 0;
  for (; caller.breaker.state() == State::kHalfOpen && seconds < 30; ++seconds) {
    caller.Call(1000ms);
    EXPECT_GE(caller.breaker.share(), share);
    EXPECT_LE(caller.breaker.share(), share * 1.7);
    share = caller.breaker.share();
  }
  EXPECT_EQ(caller.breaker.state(), State::kClosed);
  EXPECT_GE(seconds, 4);
}

TEST(CircuitBreakerTest, GoesBackWhenProbesFail) {
  Caller caller;
  caller.breaker.OnDead(caller.now);
  caller.Call(1300ms);
  caller.up = false;
  const int probes = caller.Call(2000ms);
  EXPECT_EQ(caller.breaker.state(), State::kOpen);
  EXPECT_LE(probes, 20);
}

TEST(CircuitBreakerTest, KeepsToTheBoundOfCallsInFlight) {
  Caller caller;
  caller.breaker.OnDead(caller.now);
  caller.now += 1300ms;
  EXPECT_FALSE(caller.breaker.Admit(caller.now, 5, 5));
  caller.now += 200ms;
  EXPECT_FALSE(caller.breaker.Admit(caller.now, 5, 5));
  EXPECT_TRUE(caller.breaker.Admit(caller.now, 4, 5));
}

TEST(CircuitBreakerTest, BreakersWithOtherSeedsComeBackAtOtherTimes) {
  Caller a({.seed = 1});
  Caller b({.seed = 2});
  a.breaker.OnDead(a.now);
  b.breaker.OnDead(b.now);
  int differ = 0;
  for (Clock::Time t; t < Clock::Time{2000ms}; t += 1ms) {
    differ += a.breaker.Admit(t) != b.breaker.Admit(t) ? 1 : 0;
  }
  EXPECT_GT(differ, 10);
}

TEST(CircuitBreakerTest, OptionsAreRefusedOutOfRangeByName) {
  for (const auto& spec : CircuitBreakerOptions::Specs()) {
    CircuitBreakerOptions options;
    options.*spec.member = spec.max;
    EXPECT_TRUE(CircuitBreaker::Create(options).ok()) << spec.name;
    options.*spec.member = spec.max * 1.01 + 1;
    const std::string message(CircuitBreaker::Create(options).status().message());
    EXPECT_NE(message.find(std::string(spec.name) + ": "), std::string::npos) << message;
  }
}

}  // namespace
}  // namespace loadline::control
