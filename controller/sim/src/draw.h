// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "loadline/sim/scenario.h"

namespace loadline::sim {

// One of the classes, by its share at `now`; `luck` in (0, 1).
const RequestClass& ChooseClass(const std::vector<RequestClass>& classes, Ns now, double luck);

// 0 where the timeline has nothing at `now`.
Ns SampleAt(const Timeline& timeline, Ns now, Random& random);

}  // namespace loadline::sim
