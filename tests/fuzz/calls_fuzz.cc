// SPDX-License-Identifier: Apache-2.0
// What stands before calls of others: the retry budget and the circuit breaker.
#include <algorithm>
#include <cmath>

#include "bytes.h"
#include "check.h"
#include "loadline/control/circuit_breaker.h"
#include "loadline/control/retry_budget.h"
#include "targets.h"

namespace loadline::fuzz {
namespace {

using control::CircuitBreaker;
using control::RetryBudget;
using std::chrono_literals::operator""ms;

// Mostly forward by milliseconds; now and then anywhere. Counts how much it went forward.
class JumpyClock {
 public:
  void Step(Bytes& bytes) {
    const std::uint8_t what = bytes.Byte();
    const Clock::Time before = now_;
    if (what < 240) {
      now_ = Later(now_, what % 16 * 10ms);
    } else if (what < 252) {
      now_ = Later(now_, bytes.Duration() % std::chrono::hours{3});
    } else {
      now_ = Clock::Time{bytes.Duration()};
    }
    const double step = Seconds(now_) - Seconds(before);
    forward_s_ += std::max(0.0, step);
  }
  Clock::Time now() const { return now_; }
  double forward_s() const { return forward_s_; }

 private:
  static double Seconds(Clock::Time time) {
    return static_cast<double>(time.time_since_epoch().count()) * 1e-9;
  }
  Clock::Time now_{std::chrono::hours{1}};
  double forward_s_ = 0;
};

template <typename Options>
Options AnyOptions(Bytes& bytes) {
  Options options;
  if (bytes.Below(4) == 0) {
    for (const auto& spec : Options::Specs()) {
      options.*spec.member = bytes.Flag() ? bytes.Real() : bytes.Between(spec.min, spec.max);
    }
  }
  return options;
}

}  // namespace

void FuzzRetryBudget(Bytes& bytes) {
  const auto options = AnyOptions<control::RetryBudgetOptions>(bytes);
  auto made = RetryBudget::Create(options);
  if (!made.ok()) {
    return;
  }
  RetryBudget& budget = *made;
  RetryBudget twin = budget;
  JumpyClock clock;
  double first = 0, retries = 0;
  while (!bytes.empty()) {
    clock.Step(bytes);
    if (bytes.Flag()) {
      budget.OnFirstAttempt(clock.now());
      twin.OnFirstAttempt(clock.now());
      first += 1;
    } else {
      const int attempt =
          bytes.Below(8) == 0 ? bytes.Small() : 1 + static_cast<int>(bytes.Below(4));
      const bool pushed = bytes.Below(4) == 0;
      const auto pushback = pushed ? std::optional(bytes.Duration()) : std::nullopt;
      const auto wait = budget.Retry(clock.now(), attempt, pushback);
      LOADLINE_HOLDS(wait == twin.Retry(clock.now(), attempt, pushback), "differently");
      if (wait) {
        retries += 1;
        LOADLINE_HOLDS(attempt < options.attempts_max, "attempt %d", attempt);
        LOADLINE_HOLDS(!pushback || *pushback >= 0ms, "after the server said never");
        const double most = std::max(options.backoff_max_ms, 0.0) * 1e6 + 1;
        LOADLINE_HOLDS(*wait >= 0ms && (pushback ? *wait >= *pushback
                                                 : static_cast<double>(wait->count()) <= most),
                       "waits %lld ns", static_cast<long long>(wait->count()));
      }
    }
    LOADLINE_HOLDS(budget.tokens() >= 0 && budget.tokens() <= options.tokens_max, "%g tokens",
                   budget.tokens());
    // What a budget is for: retries are a part of first attempts, and the floor.
    const double allowed =
        options.tokens_max + options.ratio * first + options.floor_per_s * clock.forward_s() + 1e-6;
    LOADLINE_HOLDS(retries <= allowed * (1 + 1e-9), "%g retries, %g allowed", retries, allowed);
  }
  // The floor: who keeps asking gets a token again, after a third of a second by default.
  Clock::Time now{std::chrono::hours{24 * 365}};
  for (int i = 0; i <= 10; ++i) {
    budget.OnFirstAttempt(now += 100ms);
  }
  const double least = std::min(options.tokens_max, 0.999 * options.floor_per_s);
  LOADLINE_HOLDS(budget.tokens() >= least * (1 - 1e-9), "%g tokens, not %g", budget.tokens(),
                 least);
  const Clock::Duration pushback =
      control::Pushback(bytes.Duration(), bytes.Duration(), bytes.Real());
  LOADLINE_HOLDS(pushback == Clock::Duration{-1} || pushback >= 0ms, "%lld ns",
                 static_cast<long long>(pushback.count()));
}

void FuzzCircuitBreaker(Bytes& bytes) {
  const auto options = AnyOptions<control::CircuitBreakerOptions>(bytes);
  auto made = CircuitBreaker::Create(options);
  if (!made.ok()) {
    return;
  }
  CircuitBreaker& breaker = *made;
  CircuitBreaker twin = breaker;
  const double longest_s =
      std::max(options.open_ms, options.open_max_ms) / 1000 * (1 + options.jitter) + 1e-6;
  JumpyClock clock;
  double opened_at = -1;
  while (!bytes.empty()) {
    clock.Step(bytes);
    const Clock::Time now = clock.now();
    switch (bytes.Below(8)) {
      case 0:
        breaker.OnDead(now);
        twin.OnDead(now);
        break;
      case 1:
      case 2: {
        const bool success = bytes.Flag();
        breaker.OnDone(now, success);
        twin.OnDone(now, success);
        break;
      }
      default: {
        const bool open = breaker.state() == CircuitBreaker::State::kOpen;
        const int in_flight = bytes.Small();
        const int most = bytes.Small();
        const bool admitted = breaker.Admit(now, in_flight, most);
        LOADLINE_HOLDS(admitted == twin.Admit(now, in_flight, most), "differently");
        LOADLINE_HOLDS(!admitted || breaker.state() != CircuitBreaker::State::kOpen,
                       "admits while open");
        // Open no longer than documented, as far as the clock went forward.
        LOADLINE_HOLDS(!open || opened_at < 0 || breaker.state() != CircuitBreaker::State::kOpen ||
                           clock.forward_s() - opened_at <= longest_s * (1 + 1e-9),
                       "open for %g s, %g s at most", clock.forward_s() - opened_at, longest_s);
        break;
      }
    }
    const bool open = breaker.state() == CircuitBreaker::State::kOpen;
    opened_at = !open ? -1 : opened_at < 0 ? clock.forward_s() : opened_at;
    LOADLINE_HOLDS(breaker.state() == twin.state(), "differently");
    LOADLINE_HOLDS(breaker.share() >= 0 && std::isfinite(breaker.share()), "share %g",
                   breaker.share());
  }
  if (bytes.empty() && options.open_max_ms <= 30000 && options.open_ms <= 30000 &&
      options.probe_growth >= 1.3 && options.probe_share >= 0.05 && options.epoch_ms <= 500) {
    // It answers again: all calls are let through after the pause and a dozen epochs.
    Clock::Time now{std::chrono::hours{24 * 365}};
    for (int i = 0; i < 10'000 && breaker.state() != CircuitBreaker::State::kClosed; ++i) {
      now += 10ms;
      if (breaker.Admit(now)) {
        breaker.OnDone(now, true);
      }
    }
    LOADLINE_HOLDS(breaker.state() == CircuitBreaker::State::kClosed, "not closed after 100 s");
  }
}

}  // namespace loadline::fuzz
