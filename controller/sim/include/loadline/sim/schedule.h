// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "loadline/sim/time.h"

namespace loadline::sim {

// A number that changes at given times, at once or in a straight line.
struct Schedule {
  struct Point {
    Ns at = 0;
    double value = 0;
    bool ramp = false;  // In a straight line from the point before.
  };
  // A value, and when to ask again: a ramp moves in steps of 50 ms.
  struct Step {
    double value = 0;
    Ns until = kNever;
  };

  Schedule() = default;
  // One value for all time; not explicit, since that is what a schedule mostly is.
  Schedule(double value) : points{{.value = value}} {}  // NOLINT(google-explicit-constructor)

  std::vector<Point> points;  // By rising `at`. Before the first: its value.

  Step StepAt(Ns time) const;
  double At(Ns time) const { return StepAt(time).value; }
  double Max() const;
};

}  // namespace loadline::sim
