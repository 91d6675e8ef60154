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
  Clock::Duration sum = counters.on_cpu + counters.RunQueue();
  for (const WaitReason reason :
       {WaitReason::kLock, WaitReason::kCondition, WaitReason::kSync, WaitReason::kNetwork,
        WaitReason::kDisk, WaitReason::kMemory, WaitReason::kPageFault, WaitReason::kKernelLock}) {
    sum += counters.blocked_for(reason);
  }
  return sum;
}

}  // namespace loadline::agent
