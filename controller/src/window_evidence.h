// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "loadline/control/classifier.h"
#include "residence_estimate.h"
#include "window_fold.h"

namespace loadline::control {

inline constexpr double kSwitchSeconds = 2.5e-6;  // A context switch and the caches it cools.

// What a window of a limiter tells the classifier about its CPUs, locks and dependencies. What
// depends on the limit (app_limited, late, saturated) is left to the caller.
Evidence EvidenceOf(const Observed& seen, const ResidenceEstimate& estimate);

}  // namespace loadline::control
