// SPDX-License-Identifier: Apache-2.0
#include "agent/src/model/counters.h"

#include <algorithm>
#include <cstddef>

namespace loadline::agent {
namespace {

template <typename T>
T RaiseField(T& high, const T& now) {
  const T by =
      std::max(T{}, now - high);  // Without a branch: this runs for all fields of all threads.
  high += by;
  return by;
}

}  // namespace

PoolCounters Raise(PoolCounters& high, const PoolCounters& now) {
  PoolCounters by;
  by.on_cpu = RaiseField(high.on_cpu, now.on_cpu);
  by.runq_self = RaiseField(high.runq_self, now.runq_self);
  by.runq_neighbour = RaiseField(high.runq_neighbour, now.runq_neighbour);
  by.runq_throttled = RaiseField(high.runq_throttled, now.runq_throttled);
  by.runq_unattributed = RaiseField(high.runq_unattributed, now.runq_unattributed);
  for (std::size_t reason = 0; reason < by.blocked.size(); ++reason) {
    by.blocked[reason] = RaiseField(high.blocked[reason], now.blocked[reason]);
  }
  by.switches_voluntary = RaiseField(high.switches_voluntary, now.switches_voluntary);
  by.switches_involuntary = RaiseField(high.switches_involuntary, now.switches_involuntary);
  return by;
}

}  // namespace loadline::agent
