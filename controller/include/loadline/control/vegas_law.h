// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <memory>

#include "absl/status/statusor.h"
#include "loadline/control/control_law.h"
#include "loadline/control/option.h"

namespace loadline::control {

// Options of the law `vegas`.
struct VegasOptions {
  double limit_min = 1;
  double limit_max = 1000;
  double limit_initial = 20;
  double window_ms = 1000;
  double samples_min = 10;
  double probe_multiplier = 30;
  double seed = 1;

  static constexpr auto Specs() {
    using O = VegasOptions;
    return std::to_array<OptionSpec<O>>({
        {"limit_min", &O::limit_min, kLimitLeast, kLimitMost, "as Netflix VegasLimit"},
        {"limit_max", &O::limit_max, kLimitLeast, kLimitMost, "as Netflix VegasLimit"},
        {"limit_initial", &O::limit_initial, kLimitLeast, kLimitMost, "as Netflix VegasLimit"},
        {"window_ms", &O::window_ms, 1, 60000, "as Netflix WindowedLimit"},
        {"samples_min", &O::samples_min, 1, 1e5, "as Netflix WindowedLimit"},
        {"probe_multiplier", &O::probe_multiplier, 1, 1e6, "as Netflix VegasLimit"},
        {"seed", &O::seed, 0, 1e15, "of the jitter: equal seeds give equal runs"},
    });
  }
};
static_assert(SpecsAreWhole<VegasOptions>());

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
