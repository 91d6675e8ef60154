// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "loadline/clock.h"
#include "loadline/signal.h"
#include "loadline/wait_reason.h"
#include "loadline_abi/ledger.h"

namespace loadline {

// What the kernel adds up for one thread, as C++ has it. Units: nanoseconds in, Clock::Duration
// out.

static_assert(LL_WAIT_REASON_COUNT == kWaitReasonCount);

constexpr Clock::Duration Nanoseconds(std::uint64_t ns) noexcept {
  return Clock::Duration{static_cast<Clock::Duration::rep>(ns)};
}

// Of two moments of the scheduler's clock. CPUs disagree a little: 0 if `now_ns` is the earlier.
constexpr Clock::Duration Since(std::uint64_t then_ns, std::uint64_t now_ns) noexcept {
  return Nanoseconds(now_ns > then_ns ? now_ns - then_ns : 0);
}

// The difference of two totals of one thread but for on_cpu, into `out`. Returns the time off the
// CPU.
inline Clock::Duration SubtractWaits(const ll_totals& now, const ll_totals& before,
                                     PoolCounters& out) noexcept {
  out.runq_self = Nanoseconds(now.runq_self_ns - before.runq_self_ns);
  out.runq_neighbour = Nanoseconds(now.runq_neighbour_ns - before.runq_neighbour_ns);
  out.runq_throttled = Nanoseconds(now.runq_throttled_ns - before.runq_throttled_ns);
  out.runq_unattributed = Nanoseconds(now.runq_unattributed_ns - before.runq_unattributed_ns);
  Clock::Duration away =
      out.runq_self + out.runq_neighbour + out.runq_throttled + out.runq_unattributed;
  for (std::size_t i = 0; i < kWaitReasonCount; ++i) {
    out.blocked[i] = Nanoseconds(now.blocked_ns[i] - before.blocked_ns[i]);
    away += out.blocked[i];
  }
  // Reasons of a newer agent, which this program does not know: waits all the same.
  for (std::size_t i = kWaitReasonCount; i < LL_WAIT_REASONS_MAX; ++i) {
    const Clock::Duration unknown = Nanoseconds(now.blocked_ns[i] - before.blocked_ns[i]);
    out.blocked_for(WaitReason::kOther) += unknown;
    away += unknown;
  }
  out.switches_voluntary =
      static_cast<std::int64_t>(now.switches_voluntary - before.switches_voluntary);
  out.switches_involuntary =
      static_cast<std::int64_t>(now.switches_involuntary - before.switches_involuntary);
  return away;
}

inline PoolCounters CountersFrom(const ll_totals& totals) noexcept {
  PoolCounters counters;
  SubtractWaits(totals, {}, counters);
  counters.on_cpu = Nanoseconds(totals.on_cpu_ns);
  return counters;
}

// What the interval that is open in `slot` counts as, going by the slot alone: a thread that was
// woken since still counts as blocked, and who runs while it is queued is not known.
inline Clock::Duration& CounterOfOpenInterval(const ll_slot& slot,
                                              PoolCounters& counters) noexcept {
  switch (slot.state) {
    case LL_STATE_BLOCKED:
      return counters.blocked[static_cast<std::size_t>(WaitReasonFrom(slot.reason))];
    case LL_STATE_RUNNABLE:
      return counters.runq_unattributed;
    case LL_STATE_THROTTLED:
      return counters.runq_throttled;
    default:
      return counters.on_cpu;
  }
}

}  // namespace loadline
