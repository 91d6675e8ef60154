// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "agent/src/sampler/proc_fs.h"

namespace loadline::agent {

// Parts of the last ten seconds in which some thread of the host waited for memory, or for a disk,
// 0..1 (pressure stall information, psi.rst of the kernel).
struct Pressure {
  double memory = 0;
  double disk = 0;
};

// nullopt: the kernel does not tell. Costs 10 us.
std::optional<Pressure> ReadPressure(const ProcFs& proc);

}  // namespace loadline::agent
