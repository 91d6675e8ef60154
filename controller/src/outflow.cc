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
  const double span = std::clamp(Seconds(tick.span), 1e-3, 1.0);
  const double deadline = std::max(Seconds(tick.deadline), 1e-3);
  const double completed = Count(tick.completed);
  const double ended = (completed + Count(tick.dropped)) / span;
  const double admitted = std::max(0.0, Count(tick.arrivals) - Count(tick.rejected));
  const double twenty = 20 / std::max(usual, 1e-3);
  mean_over_ = std::clamp(twenty, deadline / 4, 2 * deadline);
  rate_ += std::min(1.0, span / mean_over_) * (ended - rate_);
  quick_ += std::min(1.0, span / std::clamp(twenty, 0.15, deadline / 4 + 0.15)) * (ended - quick_);
  since_gap_ = quick_ < options_.gap * usual_ ? 0 : since_gap_ + span / deadline;
  usual_ += std::min(1.0, span / std::max(1.0, kMemory * deadline)) * (ended - usual_);

  Queueing& q = queueing_;
  const bool longer = Seconds(tick.latency_sum) > 1.5 * anchor * completed;
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
  q.admitted = kept * q.admitted + admitted;
  q.span = kept * q.span + span;
  answerable_ = options_.fill * deadline * q.completed / q.span;
  full_ = options_.fill > 0 && steady() && q.completed >= 20 && q.span >= deadline / 4 &&
          q.admitted - q.completed > 0.1 * q.admitted + 2 * std::sqrt(q.admitted) &&
          Count(tick.in_flight) > answerable_;
}

bool Outflow::steady() const { return since_gap_ >= kMemory; }

}  // namespace loadline::control
