// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "agent/simulate/experiment.h"

namespace loadline::cli {

// The first scenario with the first seed, under each law: load and goodput, limit and requests in
// flight, latency, over time. An SVG.
std::string Plot(const Experiment& experiment);

}  // namespace loadline::cli
