// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "loadline/signal.h"

namespace loadline::agent {

// Raises each field of `high` to that of `now` where it is above, and returns by how much.
//
// A source may move the open part of a wait from one field to another when it learns more; what was
// published once stays, so that sums of these increments never go down.
PoolCounters Raise(PoolCounters& high, const PoolCounters& now);

}  // namespace loadline::agent
