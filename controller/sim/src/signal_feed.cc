// SPDX-License-Identifier: Apache-2.0
#include "signal_feed.h"

#include <algorithm>
#include <utility>

namespace loadline::sim {
namespace {

constexpr Clock::Duration kStaleAfter = std::chrono::seconds{1};

Clock::Duration Scaled(Clock::Duration duration, double factor) {
  return Clock::Duration{static_cast<Ns>(static_cast<double>(duration.count()) * factor)};
}

void ScaleWaits(PoolCounters& counters, double factor) {
  for (Clock::Duration* wait :
       {&counters.runq_self, &counters.runq_neighbour, &counters.runq_throttled,
        &counters.blocked_for(WaitReason::kLock)}) {
    *wait = Scaled(*wait, factor);
  }
}

void ScaleAll(PoolCounters& counters, double factor) {
  counters.on_cpu = Scaled(counters.on_cpu, factor);
  counters.runq_self = Scaled(counters.runq_self, factor);
  counters.runq_neighbour = Scaled(counters.runq_neighbour, factor);
  counters.runq_throttled = Scaled(counters.runq_throttled, factor);
  for (Clock::Duration& blocked : counters.blocked) {
    blocked = Scaled(blocked, factor);
  }
}

// /proc/self/task/*/schedstat knows CPU and run queue, and no reasons.
void ForgetReasons(PoolCounters& counters) {
  counters.runq_unattributed = counters.RunQueue();
  counters.runq_self = counters.runq_neighbour = counters.runq_throttled = {};
  const Clock::Duration blocked = counters.Blocked();
  counters.blocked = {};
  counters.blocked_for(WaitReason::kOther) = blocked;
}

}  // namespace

bool SignalFeed::Lost(Ns now) const {
  return std::any_of(faults_.lost.begin(), faults_.lost.end(), [now](const auto& interval) {
    return now >= interval.from && now < interval.to;
  });
}

Signal SignalFeed::Difference(const PoolCounters& totals, int threads, Ns now) {
  Signal signal{.taken_at = Clock::Time{Clock::Duration{now}},
                .span = Clock::Duration{now - std::exchange(taken_at_, now)},
                .threads = threads,
                .counters = totals - std::exchange(totals_, totals),
                .step = step_};
  const double noise = 1 + faults_.noise * (2 * noise_.Uniform() - 1);
  if (faults_.bias * noise != 1) {
    ScaleWaits(signal.counters, faults_.bias * noise);
  }
  if (faults_.missing > 0) {
    ScaleAll(signal.counters, 1 - faults_.missing);
    signal.threads = static_cast<int>((1 - faults_.missing) * threads);
  }
  if (step_ == SignalStep::kSchedstat) {
    ForgetReasons(signal.counters);
  }
  return signal;
}

SignalFeed::Reading SignalFeed::Take(ThreadLedger& ledger, std::int64_t requests_total, Ns now) {
  if (step_ == SignalStep::kLatency) {
    return {};
  }
  Reading reading{Difference(ledger.Read(now), ledger.threads(), now),
                  requests_total - std::exchange(requests_total_, requests_total)};
  if (!Lost(now)) {
    under_way_.push_back(std::move(reading));
  }
  const Clock::Time seen{Clock::Duration{now - faults_.delay}};
  while (!under_way_.empty() && under_way_.front().signal->taken_at <= seen) {
    newest_ = std::move(under_way_.front());
    under_way_.pop_front();
  }
  const Clock::Time at{Clock::Duration{now}};
  return newest_.signal && at - newest_.signal->taken_at <= kStaleAfter ? newest_ : Reading{};
}

}  // namespace loadline::sim
