// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>

#include "absl/status/statusor.h"
#include "loadline/control/control_law.h"
#include "loadline/control/option.h"

namespace loadline::control {

// Options of the law `vegas`. Ranges and reasons: VegasOptionSpecs().
struct VegasOptions {
  double limit_min = 1;
  double limit_max = 1000;
  double limit_initial = 20;
  double window_ms = 1000;
  double samples_min = 10;
  double probe_multiplier = 30;
  double seed = 1;
};

std::span<const OptionSpec<VegasOptions>> VegasOptionSpecs();

// Estimates the queue from the least latency seen, as TCP Vegas does. With lg = max(1, floor(log10
// L)) and q = ceil(L (1 - least / r)) per window of mean latency r:
//
//     dropped  L - lg        q <= lg  L + 6 lg        q < 3 lg  L + lg        q > 6 lg  L - lg
//
// and nothing while less than half of L is in use. The least latency is replaced by the current one
// after jitter * 30 * L windows.
//
// The price: that probe adopts whatever latency holds at the time, and a slower dependency looks
// like a queue of our own until then.
//
// Source: Netflix concurrency-limits, VegasLimit; Brakmo and Peterson, TCP Vegas.
absl::StatusOr<std::unique_ptr<ControlLaw>> MakeVegasLaw(const VegasOptions& options = {});

}  // namespace loadline::control
