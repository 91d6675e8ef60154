// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tuple>

#include "rules/doubling.h"
#include "rules/fast_ramp.h"
#include "rules/full_dependency.h"
#include "rules/gradient.h"
#include "rules/overload_brake.h"
#include "rules/recovery.h"
#include "rules/throughput_probe.h"
#include "rules/trial_requests.h"

namespace loadline::control {

// The rules of law `kernel`, the weakest first: each is heard in turn and sees the limits as those
// before it have left them, so a later one has the last word. A tick is judged before the window
// that it closes. docs/control.md has the same table.
using Precedence = std::tuple<Gradient,         //
                              Recovery,         //
                              Doubling,         //
                              OverloadBrake,    //
                              FullDependency,   //
                              FastRamp,         //
                              ThroughputProbe,  //
                              TrialRequests>;

}  // namespace loadline::control
