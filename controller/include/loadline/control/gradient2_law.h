// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <memory>

#include "absl/status/statusor.h"
#include "loadline/control/control_law.h"
#include "loadline/control/option.h"

namespace loadline::control {

// Options of the law `gradient2`.
struct Gradient2Options {
  double limit_min = 20;
  double limit_max = 200;
  double limit_initial = 20;
  double window_ms = 1000;
  double samples_min = 10;
  double tolerance = 1.5;
  double smoothing = 0.2;
  double long_window = 600;
  double queue_size = 4;

  static constexpr auto Specs() {
    using O = Gradient2Options;
    return std::to_array<OptionSpec<O>>({
        {"limit_min", &O::limit_min, kLimitLeast, kLimitMost, "as Netflix Gradient2Limit"},
        {"limit_max", &O::limit_max, kLimitLeast, kLimitMost, "as Netflix Gradient2Limit"},
        {"limit_initial", &O::limit_initial, kLimitLeast, kLimitMost, "as Netflix Gradient2Limit"},
        {"window_ms", &O::window_ms, 1, 60000, "as Netflix WindowedLimit"},
        {"samples_min", &O::samples_min, 1, 1e5, "as Netflix WindowedLimit"},
        {"tolerance", &O::tolerance, 1, 10, "as Netflix Gradient2Limit"},
        {"smoothing", &O::smoothing, 0.001, 1, "as Netflix Gradient2Limit"},
        {"long_window", &O::long_window, 1, 1e6, "as Netflix Gradient2Limit, in windows"},
        {"queue_size", &O::queue_size, 0, 1e5, "as Netflix Gradient2Limit"},
    });
  }
};
static_assert(SpecsAreWhole<Gradient2Options>());

// Compares the latency of the last second with its own long average. Per window with mean latency
// r:
//
//     long += (r - long) * 2 / 601, the mean of the first ten; * 0.95 while long / r > 2
//     L     = 0.8 L + 0.2 (L * clamp(1.5 long / r, 0.5, 1) + 4), if half of L was in use
//
// The price is what law `kernel` exists for: under lasting overload the average follows the
// overload, and the limit doubles every seven minutes (d ln L / dt = 0.5 / 300 s).
//
// Source: Netflix concurrency-limits, Gradient2Limit and WindowedLimit, as compatible as ticks
// allow.
absl::StatusOr<std::unique_ptr<ControlLaw>> MakeGradient2Law(const Gradient2Options& options = {});

}  // namespace loadline::control
