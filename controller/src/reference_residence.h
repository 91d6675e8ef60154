// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "loadline/clock.h"
#include "loadline/control/kernel_options.h"
#include "residence_estimate.h"
#include "rules/proposal.h"
#include "window_fold.h"

namespace loadline::control {

// R0 as it was before demand pushed against the limit: what a rise of R0 is told by.
//
// It may rise only while nobody pushes: a reference that followed R0 under pressure would be the
// drifting baseline again. With one exception: where nothing came out for a while, calls became
// slower by as much, which explains a rise of R0 by that and no more (DepartureRate::gap).
class ReferenceResidence {
 public:
  explicit ReferenceResidence(const KernelOptions& options) : slack_(options.reference_slack) {}

  double value() const { return value_; }
  double most() const { return slack_ * value_; }  // R0 above that has risen.

  // Adds a window; `limit` was in force.
  void Add(const Observed& window, const ResidenceEstimate& residence, double limit);

  // Takes over what a rule found out.
  void Learn(const Proposal& proposal);

 private:
  static constexpr int kQuietWindows = 3;  // Without a rejection: nobody pushes. [ADR 3]
  static constexpr double kUnusedShare =
      0.7;                              // Of the limit; in use less than that, it does not bind.
  static constexpr double kWarmup = 5;  // Residences: the first to complete are the short ones.

  void Raise(double no_load);

  double slack_;
  double value_ = 0;
  double explained_ = 0;                     // Up to here a rise of R0 is explained.
  int quiet_ = 0;                            // Windows without a rejection.
  std::optional<Clock::Time> first_window_;  // The start.
};

}  // namespace loadline::control
