// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/src/model/registry.h"
#include "agent/src/publish/families.h"

namespace loadline::agent {

// Adds what services report of their limiters and pools. Gauges are of open sessions only; counters
// stay.
void AddServiceMetrics(const ServiceReports& reports, Families& families);

}  // namespace loadline::agent
