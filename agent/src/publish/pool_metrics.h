// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/src/model/host_view.h"
#include "agent/src/publish/families.h"

namespace loadline::agent {

// Adds what is measured of the pools of all processes.
void AddPoolMetrics(const HostView& view, Families& families);

}  // namespace loadline::agent
