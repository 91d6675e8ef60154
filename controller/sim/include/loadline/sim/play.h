// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>

#include "loadline/control/control_law.h"
#include "loadline/signal.h"
#include "loadline/sim/recording.h"
#include "loadline/sim/scenario.h"

namespace loadline::sim {

// Changes whenever a run may give another recording than before.
inline constexpr int kEngineVersion = 1;

struct PlayOptions {
  std::uint64_t seed = 0;
  SignalStep step = SignalStep::kLedger;  // What the law may know of the kernel's counters.
  bool queue = true;                      // The deadline-aware queue in front of the limit.
  bool series = false;                    // Record latency by second, for a plot.
  double fixed_limit = std::numeric_limits<double>::infinity();  // Where there is no law.
};

// Plays `scenario`, which must be valid, under `law`; null: under PlayOptions::fixed_limit.
//
// The same scenario, law and options give the same recording, bit by bit, at every optimisation
// level. The work offered does not depend on the law: each request's times are drawn from its
// number. Single-threaded; runs beside each other share nothing.
Recording Play(const Scenario& scenario, control::ControlLaw* law, const PlayOptions& options);

}  // namespace loadline::sim
