// SPDX-License-Identifier: Apache-2.0
#include "agent/src/model/pool_row.h"

#include <algorithm>
#include <cstddef>

namespace loadline::agent {

ThreadCounts& ThreadCounts::operator+=(const ThreadCounts& other) {
  working += other.working;
  runnable += other.runnable;
  waiting += other.waiting;
  idle += other.idle;
  return *this;
}

void PoolNow::AddUp(const PoolNow& other) {
  threads += other.threads;
  for (std::size_t i = 0; i < waits.size(); ++i) {
    waits[i].threads += other.waits[i].threads;
    waits[i].oldest = std::max(waits[i].oldest, other.waits[i].oldest);
  }
  for (std::size_t i = 0; i < held.size(); ++i) {
    held[i] += other.held[i];
  }
  event_loops += other.event_loops;
  processes += other.processes;
}

PoolSums& PoolSums::operator+=(const PoolSums& other) {
  PoolCounters::operator+=(other);
  for (std::size_t i = 0; i < loop_blocked.size(); ++i) {
    loop_blocked[i] += other.loop_blocked[i];
  }
  return *this;
}

Clock::Duration Activity(const PoolCounters& counters) {
  Clock::Duration sum = counters.on_cpu + counters.RunQueue();
  for (const WaitReasonInfo& info : kWaitReasons) {
    sum += info.ranks ? counters.blocked_for(info.reason) : Clock::Duration{};
  }
  return sum;
}

}  // namespace loadline::agent
