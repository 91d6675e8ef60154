// SPDX-License-Identifier: Apache-2.0
#include "hung_tests.h"

#include <algorithm>
#include <cmath>

#include "seconds.h"

namespace loadline::control {

void HungTests::Begin(double lim) {
  on_ = true;
  due_ = 1;
  age_ = 0;
  hang_ = 0;
  leftover_ = 0;
  bound_ = lim + places_;
}

void HungTests::End(double pending) {
  on_ = false;
  leftover_ = pending;
}

void HungTests::Add(const Window& tick, const Lateness& lateness) {
  in_flight_ = Count(tick.in_flight);
  leftover_ = std::min(leftover_, lateness.pending());
  if (!on_) {
    return;
  }
  const double span = BoundedSeconds(tick.span);
  age_ += span;
  if (const double n = Count(tick.completed); n > 0) {
    hang_ = BoundedSeconds(tick.latency_sum) / n;  // So long they take, now that some answer.
  }
  const double hung_for = std::max(hang_ > 0 ? hang_ : age_, 1.0);
  const double by_deadline =
      std::clamp(2 / std::max(BoundedSeconds(tick.deadline), 1e-3), 4.0, 20.0);
  const double rate = std::min(by_deadline, places_ / (2.5 * hung_for));
  const double admitted = std::max(0.0, Count(tick.arrivals) - Count(tick.rejected));
  // Between two ticks, arrivals also take the places of hung requests that end. Such a bunch counts
  // as half a second of tests at most: else the wait after it would be as long as the hang.
  due_ = std::clamp(due_ - admitted, -0.5 * rate, places_);
  due_ = std::min(due_ + rate * span, std::max(2.0, due_));
  due_ = std::min(due_ + 2 * lateness.good(), places_);
}

double HungTests::Limit(double lim) const {
  if (!on_) {
    return lim + leftover_;
  }
  return std::min(in_flight_ + std::floor(std::max(0.0, due_)), std::max(bound_, lim));
}

}  // namespace loadline::control
