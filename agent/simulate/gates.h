// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "agent/simulate/experiment.h"

namespace loadline::cli {

// What `row` misses of its phase's bounds, one line each: "S2a 20-30 kernel: p99 263 ms > 250 ms".
//
// Without a bound of its own, a phase wants 90 % of the oracle; where the best static limit itself
// stays below 95 %, 95 % of that.
std::vector<std::string> MissedGates(const Row& row);

// The least goodput that the phase must reach; 0: any.
double GoodputGate(const Row& row);

}  // namespace loadline::cli
