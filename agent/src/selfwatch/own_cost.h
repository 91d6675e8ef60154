// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace loadline::agent {

// What the agent itself takes from the machine. The time in its probes is the source's to tell.
struct OwnCost {
  double cpu_seconds = 0;
  std::uint64_t resident_bytes = 0;  // 0 where /proc cannot be read.
};

OwnCost ReadOwnCost();

}  // namespace loadline::agent
