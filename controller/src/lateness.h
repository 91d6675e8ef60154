// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "loadline/control/control_law.h"
#include "loadline/control/kernel_options.h"

namespace loadline::control {

// Finds out that almost nothing answers within its deadline, and that it does so again.
//
// A request is judged once, when it answers in time or when its deadline passes. So a dependency
// that hangs is seen one deadline after it began, with no completion at all; and the late answers
// of old requests say nothing about new ones. Both questions are put to a cumulative sum (CUSUM):
//
//     begin:  late_run  = max(0, late_run  + late - good * share / (1 - share))   >= runs
//     end:    good_run  = max(0, good_run  + good - late * 2 (1 - share) / share) >= 4
//
// where `runs` grows with the completions per deadline, from late_runs to 20.
//
// Source: Page, Continuous inspection schemes, Biometrika 1954.
class Lateness {
 public:
  enum class Change { kNone, kBegan, kEnded };

  explicit Lateness(const KernelOptions& options) : options_(options) {}

  Change Add(const Window& tick);

  bool late() const { return late_; }
  double good() const { return good_; }                // In the last tick: answered in time.
  double turned_late() const { return turned_late_; }  // In the last tick.
  double pending() const { return pending_; }          // In flight past their deadline.
  double rate_good() const { return rate_good_; }      // Per second, while all was well.
  double rate() const { return rate_; }                // Of all completions, over about a second.

 private:
  KernelOptions options_;
  bool late_ = false;
  double late_run_ = 0, good_run_ = 0;
  double good_ = 0, turned_late_ = 0, pending_ = 0;
  double rate_good_ = 0, rate_ = 0;
};

}  // namespace loadline::control
