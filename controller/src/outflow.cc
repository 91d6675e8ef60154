// SPDX-License-Identifier: Apache-2.0
#include "outflow.h"

#include <algorithm>
#include <cmath>

#include "seconds.h"

namespace loadline::control {
namespace {

constexpr double kMemory = 4;  // Deadlines.

}  // namespace

void Outflow::Add(const Window& tick, double usual, double anchor) {
  const double span = std::clamp(BoundedSeconds(tick.span), 1e-3, 1.0);
  const double deadline = std::max(BoundedSeconds(tick.deadline), 1e-3);
  const double completed = Count(tick.completed);
  const double ended = (completed + Count(tick.dropped)) / span;
  const double in =
      std::max(0.0, completed + Count(tick.dropped) + Count(tick.in_flight) - in_flight_);
  in_flight_ = Count(tick.in_flight);
  const double twenty = 20 / std::max(usual, 1e-3);
  mean_over_ = std::clamp(twenty, deadline / 4, 2 * deadline);
  rate_ += std::min(1.0, span / mean_over_) * (ended - rate_);
  quick_ += std::min(1.0, span / std::clamp(twenty, 0.15, deadline / 4 + 0.15)) * (ended - quick_);
  since_gap_ = quick_ < options_.outflow_gap * usual_ ? 0 : since_gap_ + span / deadline;
  usual_ += std::min(1.0, span / std::max(1.0, kMemory * deadline)) * (ended - usual_);

  Listen(ended, span, span / deadline, usual);

  Queueing& q = queueing_;
  const bool longer = BoundedSeconds(tick.latency_sum) > 1.5 * anchor * completed;
  if (!(anchor > 0) || (completed > 0 && !longer)) {
    q = {};
    full_ = false;
    return;
  }
  if (!q.begun) {
    q.begun = completed > 0;  // From the next tick on: this one may hold the end of a gap.
    return;
  }
  const double kept = 1 - std::min(1.0, span / (2 * deadline));
  q.completed = kept * q.completed + completed;
  q.admitted = kept * q.admitted + in;
  q.span = kept * q.span + span;
  const bool rising = q.Rises(ended, span, std::max({deadline / 4, anchor, twenty}));
  answerable_ = options_.outflow_fill * deadline * q.completed / q.span;
  full_ = options_.outflow_fill > 0 && steady() && q.completed >= 20 && q.span >= deadline / 4 &&
          q.admitted - q.completed > 0.1 * q.admitted + 2 * std::sqrt(q.admitted) &&
          Count(tick.in_flight) > answerable_ && !rising;
}

bool Outflow::Queueing::Rises(double ended, double tick, double over) {
  rate += std::min(1.0, tick / std::min(over, span)) * (ended - rate);
  if (span >= over / 2) {
    least = std::min(least, rate);
  }
  return rate - least > 2 * std::sqrt(least / over);  // Two standard deviations of a count.
}

void Outflow::Listen(double ended, double span, double deadlines, double due) {
  since_silence_ += deadlines;
  due_ = due;
  if (ended > 0) {
    since_silence_ = silence_ * due_ >= kDue ? 0 : since_silence_;
    silence_ = 0;
    return;
  }
  first_ = silence_ > 0 ? first_ : since_silence_ >= 2;
  silence_ += span;
}

bool Outflow::steady() const { return since_gap_ >= kMemory; }

}  // namespace loadline::control
