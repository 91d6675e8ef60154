// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <limits>

namespace loadline::control {

// The two limits of law `kernel`: the least of them counts.
struct Limits {
  double least = 2;                                             // limit_min.
  double own = 20;                                              // L: by our own queues.
  double dependency = std::numeric_limits<double>::infinity();  // L_d: by the throughput probe.

  double lim() const { return std::max(least, std::min(own, dependency)); }
};

}  // namespace loadline::control
