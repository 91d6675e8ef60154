// SPDX-License-Identifier: Apache-2.0
#include "departure_rate.h"

#include <algorithm>
#include <cmath>

#include "seconds.h"

namespace loadline::control {
void DepartureRate::Add(const Window& tick, double usual, double reference) {
  const double span = std::clamp(BoundedSeconds(tick.span), 1e-3, 1.0);
  const double deadline = std::max(BoundedSeconds(tick.deadline), 1e-3);
  const double completed = Count(tick.completed);
  const double ended = (completed + Count(tick.dropped)) / span;
  const double in =
      std::max(0.0, completed + Count(tick.dropped) + Count(tick.in_flight) - in_flight_);
  in_flight_ = Count(tick.in_flight);
  const double enough = kEnough / std::max(usual, 1e-3);
  const double least = kMeanLeast * deadline;
  mean_over_ = std::clamp(enough, least, kMeanMost * deadline);
  rate_ += std::min(1.0, span / mean_over_) * (ended - rate_);
  quick_ +=
      std::min(1.0, span / std::clamp(enough, kQuickLeast, least + kQuickLeast)) * (ended - quick_);
  since_slump_ = quick_ < options_.departure_gap * usual_ ? 0 : since_slump_ + span / deadline;
  usual_ += std::min(1.0, span / std::max(kUsualLeast, kMemory * deadline)) * (ended - usual_);

  Listen(ended, span, span / deadline, usual);

  Queueing& q = queueing_;
  const bool longer = BoundedSeconds(tick.latency_sum) > kLonger * reference * completed;
  if (!(reference > 0) || (completed > 0 && !longer)) {
    q = {};
    full_ = false;
    return;
  }
  if (!q.begun) {
    q.begun = completed > 0;  // From the next tick on: this one may hold the end of a gap.
    return;
  }
  const double kept = 1 - std::min(1.0, span / (kMeanMost * deadline));
  q.completed = kept * q.completed + completed;
  q.admitted = kept * q.admitted + in;
  q.span = kept * q.span + span;
  const bool rising = q.Rises(ended, span, std::max({least, reference, enough}));
  answerable_ = options_.departure_fill * deadline * q.completed / q.span;
  full_ = options_.departure_fill > 0 && steady() && q.completed >= kEnough && q.span >= least &&
          q.admitted - q.completed > kSurplus * q.admitted + kDeviations * std::sqrt(q.admitted) &&
          Count(tick.in_flight) > answerable_ && !rising;
}

bool DepartureRate::Queueing::Rises(double ended, double tick, double over) {
  rate += std::min(1.0, tick / std::min(over, span)) * (ended - rate);
  if (span >= over / 2) {
    least = std::min(least, rate);
  }
  return rate - least > kDeviations * std::sqrt(least / over);
}

void DepartureRate::Listen(double ended, double span, double deadlines, double due) {
  since_silent_ += deadlines;
  due_ = due;
  if (ended > 0) {
    since_silent_ = silent_ * due_ >= kDue ? 0 : since_silent_;
    silent_ = 0;
    return;
  }
  first_ = silent_ > 0 ? first_ : since_silent_ >= kApart;
  silent_ += span;
}

bool DepartureRate::sparse() const { return rate_ * mean_over_ < kFew; }

bool DepartureRate::steady() const { return since_slump_ >= kMemory; }

double DepartureRate::completion_gap() const {
  return first_ && silent_ * due_ >= kDue ? silent_ : 0;
}

}  // namespace loadline::control
