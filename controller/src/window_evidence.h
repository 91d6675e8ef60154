// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "loadline/control/classifier.h"
#include "residence_estimate.h"
#include "window_fold.h"

namespace loadline::control {

// What a window of a limiter tells the classifier about its CPUs, locks and dependencies. What
// depends on the limit (app_limited, late, saturated) is left to the caller.
Evidence EvidenceOf(const Observed& seen, const ResidenceEstimate& estimate);

}  // namespace loadline::control
