// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "loadline/control/kernel_options.h"
#include "rules/observation.h"
#include "rules/standing.h"

namespace loadline::control {

// Why the limit is what it is, in the words of Reason: after a window was judged.
Reason ToldReason(const Observation& now, const Observed& window, const Standing& standing,
                  const KernelOptions& options);

}  // namespace loadline::control
