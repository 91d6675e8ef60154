// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "loadline/control/control_law.h"
#include "loadline/sim/time.h"

namespace loadline::sim {

// The limit in front of the service, and the window that a law sees of it: what the SDK's Limiter
// does, in virtual time and for one thread. Same gate, same definitions of each field.
class Admission {
 public:
  explicit Admission(Ns deadline)
      : deadline_(deadline), bucket_(std::max<Ns>(1, deadline / kBucketsPerDeadline)) {}

  // Infinity is a limit too; NaN is 1.
  void set_limit(double limit) { limit_ = limit >= 1 ? std::min(limit, kNoLimit) : 1; }
  bool limited() const { return limit_ < kNoLimit; }
  double limit() const { return limit_; }
  int in_flight() const { return in_flight_; }

  // Below a limit of 5 the fraction is spent as credit, so that 2.5 lets a third one in for half of
  // the time.
  bool TryEnter() {
    const auto whole = static_cast<double>(static_cast<std::int64_t>(limit_));
    const double fraction = limit_ < 5 ? limit_ - whole : 0;
    const double earned = fraction * (whole + 1) / limit_;
    const double inside = in_flight_;
    if (inside < whole) {
      credit_ = std::min(1.0, credit_ + earned);
    } else if (inside == whole && fraction > 0 && credit_ >= 1) {
      credit_ += earned - 1;
    } else {
      return false;
    }
    ++in_flight_;
    in_flight_max_ = std::max(in_flight_max_, in_flight_);
    return true;
  }

  void CountArrival() { ++window_.arrivals; }
  void CountRejected() { ++window_.rejected; }

  // The epoch to give back to Finish().
  std::uint32_t Admitted(Ns now) {
    const std::uint32_t epoch = Roll(now);
    ++recent_[epoch % kRecent];
    return epoch;
  }

  enum class Outcome : std::uint8_t { kSuccess, kDropped, kIgnored };
  void Finish(Outcome outcome, Ns admitted_at, std::uint32_t epoch, Ns now) {
    --in_flight_;
    --(Roll(now) - epoch < kRecent ? recent_[epoch % kRecent] : overdue_);
    if (outcome == Outcome::kIgnored) {
      return;
    }
    const Ns latency = now - admitted_at;
    window_.late += latency > deadline_ ? 1 : 0;
    if (outcome == Outcome::kDropped) {
      ++window_.dropped;
    } else {
      ++window_.completed;
      window_.latency_sum += Clock::Duration{latency};
    }
  }

  // Everything since the last call but for queue, signal and CPUs, which the caller adds.
  control::Window CloseWindow(Ns now) {
    Roll(now);
    control::Window window = window_;
    window.now = Clock::Time{Clock::Duration{now}};
    window.span = Clock::Duration{now - closed_at_};
    window.deadline = Clock::Duration{deadline_};
    window.in_flight = in_flight_;
    window.in_flight_max = in_flight_max_;
    window.pending_late = std::clamp(overdue_, 0, in_flight_);
    window_ = {};
    closed_at_ = now;
    in_flight_max_ = in_flight_;
    return window;
  }

 private:
  static constexpr double kNoLimit = 1e9;  // At least so much is announced by law `none`.
  static constexpr Ns kBucketsPerDeadline = 8;
  static constexpr std::uint32_t kRecent = 9;  // Eight buckets of the deadline and the present one.

  // Moves what is older than the deadline out of the recent buckets.
  std::uint32_t Roll(Ns now) {
    const auto epoch = static_cast<std::uint32_t>(now / bucket_);
    for (; epoch_ != epoch && quiet_ < kRecent; ++quiet_) {
      ++epoch_;
      overdue_ += recent_[epoch_ % kRecent];
      recent_[epoch_ % kRecent] = 0;
    }
    epoch_ = epoch;
    quiet_ = 0;
    return epoch;
  }

  const Ns deadline_;
  const Ns bucket_;
  double limit_ = 1;
  double credit_ = 0;
  int in_flight_ = 0;
  int in_flight_max_ = 0;
  int overdue_ = 0;
  std::array<int, kRecent> recent_{};
  std::uint32_t epoch_ = 0;
  std::uint32_t quiet_ = 0;  // Buckets emptied in one Roll(): after nine all are.
  control::Window window_;
  Ns closed_at_ = 0;
};

}  // namespace loadline::sim
