// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "loadline/signal.h"

namespace loadline {

// Makes a difference of two readings one without negative parts, of the same sum. An open wait
// counts as blocked until the thread runs again; then some of it turns out to have been spent in
// the run queue, and the class that had it goes back by as much as another goes forward.
void Settle(PoolCounters& difference);

}  // namespace loadline
