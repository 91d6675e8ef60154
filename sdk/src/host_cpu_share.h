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
  // From the contents of /proc/stat: how long its CPUs have been busy in all; nullopt: not told.
  static std::optional<Clock::Duration> BusyTime(const std::string& stat);

  // Adds a window: how long the host was busy, and our threads on a CPU. Answers in [0, 1]; 1 as
  // long as nothing is known, so that a queue is not taken for harmless.
  double Add(Clock::Duration busy, Clock::Duration ours);

 private:
  double busy_ = 0;  // Averages, in ns.
  double ours_ = 0;
};

}  // namespace loadline
