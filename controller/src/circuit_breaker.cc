// SPDX-License-Identifier: Apache-2.0
#include "loadline/control/circuit_breaker.h"

#include <algorithm>
#include <cmath>

#include "exact_math.h"
#include "loadline/random.h"
#include "seconds.h"

namespace loadline::control {
namespace {

constexpr double kProbesMin = 10;

}  // namespace

absl::StatusOr<CircuitBreaker> CircuitBreaker::Create(const CircuitBreakerOptions& options) {
  if (absl::Status status = CheckOptions("breaker", options); !status.ok()) {
    return status;
  }
  return CircuitBreaker(options);
}

CircuitBreaker::CircuitBreaker(const CircuitBreakerOptions& options)
    : options_(options), random_(static_cast<std::uint64_t>(options.seed)) {}

double CircuitBreaker::Uniform() { return Random(random_++).Uniform(); }

void CircuitBreaker::Open() {
  const double most = std::max(options_.open_ms, options_.open_max_ms);
  const double base = std::min(most, options_.open_ms * Exp2(std::min(openings_, 60)));
  const double jitter = 1 + options_.jitter * (2 * Uniform() - 1);
  openings_ = std::min(openings_ + 1, 60);
  state_ = State::kOpen;
  until_ns_ = elapsed_ns_ + base * jitter * 1e6;
  calls_ = {};
}

void CircuitBreaker::Pass(Clock::Time now) {
  elapsed_ns_ += seen_at_ ? std::round(SecondsBetween(*seen_at_, now) * 1e9) : 0;
  seen_at_ = now;
}

bool CircuitBreaker::Admit(Clock::Time now, int in_flight, int in_flight_max) {
  Pass(now);
  if (state_ == State::kClosed) {
    return true;
  }
  if (state_ == State::kOpen) {
    if (elapsed_ns_ < until_ns_) {
      return false;
    }
    state_ = State::kHalfOpen;
    share_ = options_.probe_share;
    epoch_ = {};
    epoch_began_ns_ = probed_at_ns_ = elapsed_ns_;
    return in_flight < in_flight_max;  // The first probe.
  }
  if (in_flight >= in_flight_max) {
    return false;
  }
  if (elapsed_ns_ - probed_at_ns_ >= 1e8 || Uniform() < share_) {
    probed_at_ns_ = elapsed_ns_;
    return true;
  }
  return false;
}

void CircuitBreaker::EndEpoch() {
  if (epoch_.done < kProbesMin) {
    return;
  }
  const double success = epoch_.good / epoch_.done;
  if (success < options_.reopen_success) {
    Open();
    return;
  }
  if (elapsed_ns_ - epoch_began_ns_ < 1e6 * options_.epoch_ms) {
    return;
  }
  if (success >= options_.close_success) {
    share_ *= options_.probe_growth;
  }
  epoch_ = {};
  epoch_began_ns_ = elapsed_ns_;
  if (share_ >= 1) {
    state_ = State::kClosed;
    openings_ = 0;
    calls_ = {};
  }
}

void CircuitBreaker::OnDone(Clock::Time now, bool success) {
  Pass(now);
  if (state_ == State::kHalfOpen) {
    epoch_.done += 1;
    epoch_.good += success ? 1 : 0;
    EndEpoch();
    return;
  }
  if (state_ == State::kOpen) {
    return;  // Admitted before it opened.
  }
  const auto second = static_cast<std::int64_t>(elapsed_ns_ * 1e-9);
  Calls& slot = calls_[static_cast<std::size_t>(second % kSeconds)];
  if (slot.second != second) {
    slot = {.second = second};
  }
  slot.done += 1;
  slot.good += success ? 1 : 0;
  double done = 0;
  double good = 0;
  for (const Calls& calls : calls_) {
    if (calls.second > second - kSeconds) {
      done += calls.done;
      good += calls.good;
    }
  }
  if (done >= options_.calls_min && good < options_.success_min * done) {
    Open();
  }
}

void CircuitBreaker::OnDead(Clock::Time now) {
  Pass(now);
  if (state_ != State::kOpen) {
    Open();
  }
}

}  // namespace loadline::control
