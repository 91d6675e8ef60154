// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "loadline/control/kernel_options.h"

namespace loadline::control {

enum class ProbePhase : std::uint8_t { kOff, kUp, kDown, kHold };

// Where the limits stand as the rules heard so far have left them, and what those rules found that
// others go by. Rules read it; the arbiter alone writes L and L_d, and each rule its own findings.
struct Standing {
  explicit Standing(const KernelOptions& options)
      : least(options.limit_min), own(options.limit_initial) {}

  double least;
  double own;                                                   // L: by our own queues.
  double dependency = std::numeric_limits<double>::infinity();  // L_d: by the throughput probe.

  double lim() const { return std::max(least, std::min(own, dependency)); }
  bool probing() const { return phase != ProbePhase::kOff; }

  // Of Doubling.
  bool doubled = false;  // In this window it let the limit grow.

  // Of ThroughputProbe.
  ProbePhase phase = ProbePhase::kOff;
  bool full = false;          // A dependency is held to be full: tried with less, or kept at it.
  bool no_growth = false;     // The limit grew, and throughput did not.
  double probe_limit = 0;     // The limit last known to be good,
  double reference_rate = 0;  // and the throughput to compare with, per second.

  // Of OverloadBrake.
  double before_late = 0;  // The limit when lateness began.
  double full_rate = 0;    // Of a dependency that is full, per second; 0: it is slow, or hangs.

  // Of TrialRequests.
  bool trials = false;  // Requests hang.
  double leftover = 0;  // Of those that hung, still in flight.
};

}  // namespace loadline::control
