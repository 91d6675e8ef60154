// SPDX-License-Identifier: Apache-2.0
#include "agent/src/model/pool_row.h"

namespace loadline::agent {

ThreadCounts& ThreadCounts::operator+=(const ThreadCounts& other) {
  working += other.working;
  runnable += other.runnable;
  waiting += other.waiting;
  idle += other.idle;
  return *this;
}

Clock::Duration Activity(const PoolCounters& counters) {
  return counters.on_cpu + counters.RunQueue() + counters.Blocked() -
         counters.blocked_for(WaitReason::kIdle) - counters.blocked_for(WaitReason::kPoll) -
         counters.blocked_for(WaitReason::kSleep);
}

}  // namespace loadline::agent
