// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <memory>

#include "absl/status/statusor.h"
#include "loadline/control/control_law.h"
#include "loadline/control/option.h"

namespace loadline::control {

// Options of the law `aimd`.
struct AimdOptions {
  double limit_min = 20;
  double limit_max = 200;
  double limit_initial = 20;
  double backoff = 0.9;
  double timeout_ms = 0;  // 0: the deadline of the window.
  double window_ms = 0;   // 0: a step per completion; else one per window.

  static constexpr auto Specs() {
    using O = AimdOptions;
    return std::to_array<OptionSpec<O>>({
        {"limit_min", &O::limit_min, kLimitLeast, kLimitMost, "as Netflix AIMDLimit"},
        {"limit_max", &O::limit_max, kLimitLeast, kLimitMost, "as Netflix AIMDLimit"},
        {"limit_initial", &O::limit_initial, kLimitLeast, kLimitMost, "as Netflix AIMDLimit"},
        {"backoff", &O::backoff, 0.5, 0.999, "as Netflix AIMDLimit: a cut of a tenth"},
        {"timeout_ms", &O::timeout_ms, 0, 1e7, "0: the deadline of each window"},
        {"window_ms", &O::window_ms, 0, 60000, "0: as Netflix AIMDLimit without WindowedLimit"},
    });
  }
};
static_assert(SpecsAreWhole<AimdOptions>());

// Adds one to the limit per limit-many completions; cuts it by a tenth when work is slow or
// dropped.
//
//     dropped      limit * backoff       something was dropped, at most once per residence
//     slow         limit * backoff       mean latency above timeout, or a deadline was missed
//     app-limited  limit                 fewer than half of the places were in use
//     healthy      limit + 1 / limit     for each completion; with windows, limit + 1 for each
//
// The price: the limit settles where latency reaches the timeout, not at the knee. Use it as the
// yardstick for laws that do better, or where nothing but failures can be seen.
//
// Source: Netflix concurrency-limits, AIMDLimit (bounds 20 and 200 as there).
absl::StatusOr<std::unique_ptr<ControlLaw>> MakeAimdLaw(const AimdOptions& options = {});

}  // namespace loadline::control
