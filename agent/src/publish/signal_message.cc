// SPDX-License-Identifier: Apache-2.0
#include "agent/src/publish/signal_message.h"

namespace loadline::agent {
namespace {

std::uint64_t Ns(Clock::Duration duration) { return static_cast<std::uint64_t>(duration.count()); }

}  // namespace

void FillSignals(const SignalBook::Pools& pools, v1::Signals& message) {
  message.Clear();
  for (const auto& [name, pool] : pools) {
    v1::PoolSignal& signal = *message.add_pools();
    const PoolCounters& counters = pool.counters;
    signal.set_name(name);
    signal.set_taken_at_ns(Ns(pool.taken_at.time_since_epoch()));
    signal.set_threads(static_cast<std::uint32_t>(pool.threads));
    signal.set_on_cpu_ns(Ns(counters.on_cpu));
    signal.set_runq_self_ns(Ns(counters.runq_self));
    signal.set_runq_neighbour_ns(Ns(counters.runq_neighbour));
    signal.set_runq_throttled_ns(Ns(counters.runq_throttled));
    signal.set_runq_unattributed_ns(Ns(counters.runq_unattributed));
    for (const Clock::Duration blocked : counters.blocked) {
      signal.add_blocked_ns(Ns(blocked));
    }
    signal.set_switches_voluntary(static_cast<std::uint64_t>(counters.switches_voluntary));
    signal.set_switches_involuntary(static_cast<std::uint64_t>(counters.switches_involuntary));
  }
}

}  // namespace loadline::agent
