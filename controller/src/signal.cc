// SPDX-License-Identifier: Apache-2.0
#include "loadline/signal.h"

#include <cstddef>
#include <numeric>

namespace loadline {

PoolCounters::Duration PoolCounters::RunQueue() const noexcept {
  return runq_self + runq_neighbour + runq_throttled + runq_unattributed;
}

PoolCounters::Duration PoolCounters::Blocked() const noexcept {
  return std::accumulate(blocked.begin(), blocked.end(), Duration{});
}

PoolCounters& PoolCounters::operator+=(const PoolCounters& other) noexcept {
  on_cpu += other.on_cpu;
  runq_self += other.runq_self;
  runq_neighbour += other.runq_neighbour;
  runq_throttled += other.runq_throttled;
  runq_unattributed += other.runq_unattributed;
  for (std::size_t i = 0; i < blocked.size(); ++i) {
    blocked[i] += other.blocked[i];
  }
  switches_voluntary += other.switches_voluntary;
  switches_involuntary += other.switches_involuntary;
  return *this;
}

PoolCounters operator-(const PoolCounters& a, const PoolCounters& b) noexcept {
  PoolCounters difference = a;
  difference.on_cpu -= b.on_cpu;
  difference.runq_self -= b.runq_self;
  difference.runq_neighbour -= b.runq_neighbour;
  difference.runq_throttled -= b.runq_throttled;
  difference.runq_unattributed -= b.runq_unattributed;
  for (std::size_t i = 0; i < a.blocked.size(); ++i) {
    difference.blocked[i] -= b.blocked[i];
  }
  difference.switches_voluntary -= b.switches_voluntary;
  difference.switches_involuntary -= b.switches_involuntary;
  return difference;
}

}  // namespace loadline
