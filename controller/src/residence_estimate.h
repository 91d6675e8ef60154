// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>

#include "loadline/control/kernel_options.h"
#include "window_fold.h"

namespace loadline::control {

// An exponentially weighted mean that starts with its first value.
struct Ewma {
  double value = 0;
  bool any = false;

  void Add(double x, double weight) {
    value = any ? value + weight * (x - value) : x;
    any = true;
  }
};

// Residences of the last windows, to compare a late signal with.
class ResidenceHistory {
 public:
  void Add(double span, double residence);

  // The residence of the window that `age` seconds ago was the newest; `now` if it is now.
  double At(double age, double now) const;

 private:
  struct Entry {
    double span = 0, residence = 0;
  };
  std::array<Entry, 16> windows_;  // Of 100 ms: more than a signal may be old.
  std::size_t next_ = 0;
};

// The residence without load: what is left of the measured one when our own queues are subtracted.
//
//     own = (own run-queue wait / f + lock wait) / R      R0 = max(0.05 R, R (1 - own))
//
// Frozen by a quota, a request waits half a period or less, unless those before it have used up the
// quota: then it waits in a queue of ours. So what `freeze` and its own CPU time do not explain
// counts as own wait too.
//
// A request that takes much longer than others waits in the same queues and does not complete: what
// is in flight beyond X R and past its deadline is taken to run or to wait for a CPU, and its part
// of the queue is not the wait of those that complete.
//
// A late signal tells of the past: its waits are compared with the residence of that time. A signal
// that returns after a loss counts in full after a second only. Without one, R0 is R.
class ResidenceEstimate {
 public:
  explicit ResidenceEstimate(const KernelOptions& options) : freeze_(options.freeze_ms / 1000) {}

  void Add(const Observed& seen);

  bool any() const { return no_load_.any; }
  double residence() const { return residence_.value; }        // Re: R, smoothed.
  double no_load() const { return no_load_.value; }            // R0e: R0, smoothed.
  double no_load_now() const { return no_load_now_; }          // R0 of the last window.
  double own() const { return own_; }                          // 1 - R0 / R of the last window.
  double cpu_share() const { return cpu_share_; }              // f.
  double neighbour_share() const { return neighbour_share_; }  // f without the quota, known to C.
  double signal_age() const { return signal_age_; }            // Seconds.

 private:
  double OwnWait(const Observed& seen, const SignalRates& rates);

  double freeze_;  // Seconds that a quota may make a request wait although nobody queues.
  Ewma residence_, no_load_;
  ResidenceHistory history_;
  double no_load_now_ = 0;
  double own_ = 0;
  double cpu_share_ = 1;
  double neighbour_share_ = 1;
  double signal_age_ = 0;
  double unseen_ = 0;  // In flight that completions do not tell of.
  double trust_ = 0;   // Weight of the signal.
};

}  // namespace loadline::control
