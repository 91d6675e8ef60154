// SPDX-License-Identifier: Apache-2.0
#include "thread_ledger.h"

namespace loadline::sim {
namespace {

Clock::Duration Whole(double ns) { return Clock::Duration{static_cast<Ns>(ns)}; }

}  // namespace

PoolCounters ThreadLedger::Read(Ns now) {
  for (std::size_t i = 0; i < kDoings; ++i) {
    Settle(static_cast<Doing>(i), now);
  }
  PoolCounters counters{.on_cpu = Whole(on_cpu_),
                        .runq_self = Whole(runq_self_),
                        .runq_neighbour = Whole(neighbour_),
                        .runq_throttled = Whole(throttled_),
                        .switches_voluntary = voluntary_,
                        .switches_involuntary = involuntary_};
  const auto book = [&](WaitReason reason, Doing doing) {
    counters.blocked_for(reason) = Clock::Duration{blocked_[Index(doing)]};
  };
  book(WaitReason::kLock, Doing::kLock);
  book(WaitReason::kDisk, Doing::kDisk);
  book(WaitReason::kNetwork, Doing::kNetwork);
  book(WaitReason::kCondition, Doing::kCondition);
  book(WaitReason::kIdle, Doing::kIdle);
  return counters;
}

}  // namespace loadline::sim
