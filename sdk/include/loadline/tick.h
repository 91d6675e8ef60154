// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "loadline/clock.h"
#include "loadline/signal.h"

namespace loadline {

// What is known of the kernel's signal at a tick, for display: which step of the signal ladder is
// in use, and how old its newest reading is. Duration::max(): none was ever had.
struct SignalState {
  SignalStep step = SignalStep::kLatency;
  Clock::Duration age = Clock::Duration::max();
};

// What a ControlThread tells a limiter ten times a second.
struct LimiterTick {
  Clock::Time now;
  std::optional<Signal> signal{};    // Of the pool that runs the requests; nullopt: stale or none.
  std::int64_t signal_requests = 0;  // Tasks that the pool finished in the signal's span.
  SignalState signal_state{};
  double cpus = 1;  // That the process may use.
};

// What a ControlThread tells a pool.
struct PoolTick {
  Clock::Time now;
  std::optional<Signal> signal{};  // Nullopt: stale or none.
  SignalState signal_state{};
  double cpus = 1;
  int limit = 0;             // Sum of the enforcing limits in front of the pool; 0: none.
  bool limit_binds = false;  // One of them refused work since the tick before.
};

}  // namespace loadline
