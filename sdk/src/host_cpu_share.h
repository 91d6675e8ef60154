// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "loadline/clock.h"

namespace loadline {

// Which part of the host's busy CPU time was ours, as a moving average over about a second: the
// kernel counts it in steps of 10 ms, which is coarse for a window of 100 ms.
//
// Pure. Thread safety: none.
class HostCpuShare {
 public:
  // `stat`: the contents of /proc/stat; `ours`: CPU time of our threads since the call before.
  // Answers in [0, 1]; 1 as long as nothing is known, so that a queue is not taken for harmless.
  double Add(const std::string& stat, Clock::Duration ours);

 private:
  std::optional<Clock::Duration> seen_;  // The host's busy time at the call before.
  double busy_ = 0;                      // Averages, in ns.
  double ours_ = 0;
};

}  // namespace loadline
