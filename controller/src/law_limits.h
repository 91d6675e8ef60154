// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <limits>

#include "loadline/control/kernel_options.h"

namespace loadline::control {

// The two limits of law `kernel`: the least of them counts.
struct Limits {
  explicit Limits(const KernelOptions& options)
      : least(options.limit_min), own(options.limit_initial) {}

  double least;
  double own;                                                   // L: by our own queues.
  double dependency = std::numeric_limits<double>::infinity();  // L_d: by the throughput probe.

  double lim() const { return std::max(least, std::min(own, dependency)); }
};

}  // namespace loadline::control
