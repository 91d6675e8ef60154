// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "lateness.h"
#include "loadline/control/kernel_options.h"

namespace loadline::control {

// Lets a few test requests past requests that hang, so that a dependency's return is noticed.
//
// A request that hangs for five seconds keeps its place for five seconds: without this, nobody
// would notice within that time that the dependency answers again. So a request past its deadline
// keeps no place of the limit; instead, tests are admitted one by one:
//
//     rate   = clamp(2 per deadline, 4/s, 20/s), and at most places / (2.5 * how long they take)
//     limit  = in flight + tests due, at most `bound` = limit at the beginning + places
//
// Each test that answers in time makes two more due, so the end is found within a few residences.
// After it, what still hangs stays outside the limit until it is gone.
class HungTests {
 public:
  explicit HungTests(const KernelOptions& options) : places_(options.hung_places) {}

  bool on() const { return on_; }

  // `lim`: the limit when lateness began.
  void Begin(double lim);
  void End(double pending);

  // Call with every tick.
  void Add(const Window& tick, const Lateness& lateness);

  // The limit to announce: for a law's limit `lim` that does not count what hangs.
  double Limit(double lim) const;

  // Requests of the past hang that are still in flight.
  double leftover() const { return leftover_; }

 private:
  double places_;
  bool on_ = false;
  double due_ = 0, bound_ = 0, age_ = 0, hang_ = 0, in_flight_ = 0, leftover_ = 0;
};

}  // namespace loadline::control
