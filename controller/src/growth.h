// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "loadline/control/kernel_options.h"
#include "residence_estimate.h"
#include "window_fold.h"

namespace loadline::control {

// How fast a limit may grow while demand pushes against it, and whether it may at all: only while
// pushing does not make R0 grow.
//
// The reference is an anchor, R0 as it was before we started to push. It may rise only while we do
// not push: an anchor that followed R0 under pressure would be the drifting baseline again. With
// one exception: where nothing came out for a while, calls became slower by as much, which explains
// a rise of R0 by that and no more (Outflow::silence).
class Growth {
 public:
  explicit Growth(const KernelOptions& options) : options_(options) {}

  double anchor() const { return anchor_; }
  double anchor_most() const { return options_.anchor_slack * anchor_; }
  bool grew() const { return grew_; }  // In the last window, by Double().

  // Adds a window to the anchor; `lim` is the limit in force.
  void Add(const Observed& seen, const ResidenceEstimate& estimate, double lim);

  // A dependency recovered: what it takes now is what it takes.
  void RaiseAnchor(double no_load);

  // The limit that a window allows: at most twice `lim` per residence. `allowed`: throughput was
  // not seen to stay where it was when the limit grew. Never beyond what fills the CPUs.
  double Double(const Observed& seen, const ResidenceEstimate& estimate, double lim, bool allowed);

  // The limit that a tick allows where demand jumps. By Little's law no more than offered rate * R0
  // can be of use; the limit goes there in steps of what brings the CPUs to rush_cpu_max, fourfold
  // at most. At a cold start no R0 is known: the kernel says after one tick that nobody queues, and
  // sixteen times the initial limit is the most: a dependency may be down. `allowed` as above.
  // `silence`: seconds for which nothing came out although it should have.
  double Rush(const Window& tick, const ResidenceEstimate& estimate, double lim, bool allowed,
              double silence);

 private:
  KernelOptions options_;
  double anchor_ = 0;     // Ra.
  double explained_ = 0;  // Up to here a silence explains a rise of R0.
  bool grew_ = false;
  int quiet_ = 0;                            // Windows without a rejection.
  std::optional<Clock::Time> first_tick_;    // The start.
  std::optional<Clock::Time> first_window_;  // Of the anchor.
};

}  // namespace loadline::control
