// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "agent/simulate/experiment.h"

namespace loadline::cli {

// The first scenario with the first seed, under each law: a line per tick with the limit, what came
// of it, and the rule that the limit is due to with the figure that decided. Columns are separated
// by tabs.
std::string Why(const Experiment& experiment);

}  // namespace loadline::cli
