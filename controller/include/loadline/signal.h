// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "loadline/clock.h"
#include "loadline/wait_reason.h"

namespace loadline {

// Where a Signal came from: the steps of the signal ladder, best first. Each loses something.
enum class SignalStep : std::uint8_t {
  kLedger,     // Own kernel counters in shared memory: exact.
  kStream,     // The agent's stream: the same counters, a message later.
  kSchedstat,  // Own /proc/self/task/*/schedstat: CPU and run queue; no reasons, own part
               // estimated.
  kLatency,    // Nothing but the limiter's own measurements.
};

constexpr std::string_view Name(SignalStep step) noexcept {
  constexpr std::array<std::string_view, 4> kNames = {"ledger", "stream", "schedstat", "latency"};
  return kNames[static_cast<std::size_t>(step)];
}

// What the kernel counted for the threads of one pool. A value of this type is either totals since
// some start or the difference of two such totals; both have the same shape.
//
// Units: nanoseconds of thread time, summed over the pool's threads. Without loss,
// on_cpu + RunQueue() + Blocked() == threads * time, including waits in progress.
struct PoolCounters {
  using Duration = Clock::Duration;

  Duration on_cpu{};
  Duration runq_self{};          // Runnable, while that CPU ran a thread of the same pool.
  Duration runq_neighbour{};     // Runnable, while it ran somebody else.
  Duration runq_throttled{};     // Held back by the CPU quota of our cgroup.
  Duration runq_unattributed{};  // Runnable; who ran is not known.
  std::array<Duration, kWaitReasonCount> blocked{};  // By WaitReason.
  std::int64_t switches_voluntary = 0;
  std::int64_t switches_involuntary = 0;

  Duration blocked_for(WaitReason reason) const noexcept {
    return blocked[static_cast<std::size_t>(reason)];
  }
  Duration& blocked_for(WaitReason reason) noexcept {
    return blocked[static_cast<std::size_t>(reason)];
  }
  Duration RunQueue() const noexcept;
  Duration Blocked() const noexcept;

  PoolCounters& operator+=(const PoolCounters& other) noexcept;
  friend PoolCounters operator-(const PoolCounters& a, const PoolCounters& b) noexcept;
  friend bool operator==(const PoolCounters&, const PoolCounters&) = default;
};

// One pool, one window: what happened between two readings of its counters.
struct Signal {
  Clock::Time taken_at;    // When the later reading was made.
  Clock::Duration span{};  // Between the two readings; > 0.
  int threads = 0;         // At the later reading.
  PoolCounters counters;   // The difference.
  SignalStep step = SignalStep::kLatency;
};

}  // namespace loadline
