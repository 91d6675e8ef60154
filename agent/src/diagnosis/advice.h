// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "agent/src/diagnosis/pool_case.h"
#include "agent/src/model/cause.h"

namespace loadline::agent {

// What to do about a cause, for the pool that suffers most from it: sentences with the figures that
// carry them. None says more than was measured.
std::vector<std::string> AdviceFor(Cause cause, const PoolCase& worst, double cpu_idle, int cpus);

}  // namespace loadline::agent
