// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <optional>

#include "loadline/control/control_law.h"
#include "seconds.h"

namespace loadline::control {

// One window of the laws that know nothing but latency.
struct Sampled {
  double n = 0;
  double rtt = 0;  // Mean, seconds.
  double in_flight_max = 0;
  bool dropped = false;
};

// Folds ticks until a window is `length` seconds old and holds `samples_min` samples, as Netflix
// WindowedLimit does. Ticks with a mean below 100 us are left out as there: they were not served.
class SampleWindow {
 public:
  SampleWindow(double length_s, double samples_min)
      : length_(length_s), samples_min_(samples_min) {}

  std::optional<Sampled> Add(const Window& tick) {
    const double n = Count(tick.completed);
    const double sum = BoundedSeconds(tick.latency_sum);
    age_ += BoundedSeconds(tick.span);
    open_.in_flight_max =
        std::max({open_.in_flight_max, Count(tick.in_flight_max), Count(tick.in_flight)});
    open_.dropped |= tick.dropped > 0;
    if (n > 0 && sum >= 100e-6 * n) {
      open_.n += n;
      open_.rtt += sum;  // The sum, until the window closes.
    }
    if (age_ < length_ - 1e-9 || open_.n < std::max(samples_min_, 1.0)) {
      return std::nullopt;
    }
    Sampled closed = open_;
    closed.rtt /= closed.n;
    open_ = {};
    age_ = 0;
    return closed;
  }

 private:
  const double length_;
  const double samples_min_;
  double age_ = 0;
  Sampled open_;
};

}  // namespace loadline::control
