// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "agent/src/sampler/thread_sample.h"
#include "loadline_abi/host.h"

namespace loadline::agent {

// The losses of all CPUs, each under its name, less those in `before`: what was lost while the
// probes were being attached and threads had no slots yet is no loss.
std::vector<SourceLoss> LossesFrom(const std::vector<ll_counts>& now,
                                   const std::vector<ll_counts>& before);

// Time spent in the switch program since it was attached, from the runs that timed themselves. It
// only grows.
double ProbeRunSeconds(const std::vector<ll_counts>& now);

}  // namespace loadline::agent
