// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "loadline/wait_ledger.h"

namespace loadline::examples {

// "total;dur=52.1, cpu;dur=0.6, runqueue;dur=0.1, network;dur=51.4": milliseconds, as browsers show
// them. Reasons that cost nothing are left out.
std::string ServerTiming(const WaitBreakdown& spent);

}  // namespace loadline::examples
