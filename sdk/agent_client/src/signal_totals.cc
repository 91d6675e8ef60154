// SPDX-License-Identifier: Apache-2.0
#include "sdk/agent_client/src/signal_totals.h"

#include <algorithm>
#include <utility>

namespace loadline {
namespace {

bool OnlyGrew(const PoolCounters& difference) {
  const Clock::Duration none{};
  return difference.on_cpu >= none && difference.runq_self >= none &&
         difference.runq_neighbour >= none && difference.runq_throttled >= none &&
         difference.runq_unattributed >= none && difference.switches_voluntary >= 0 &&
         difference.switches_involuntary >= 0 &&
         std::all_of(difference.blocked.begin(), difference.blocked.end(),
                     [&](Clock::Duration blocked) { return blocked >= none; });
}

}  // namespace

void SignalTotals::Restart() { pools_.clear(); }

void SignalTotals::Add(const std::string& pool, PoolTotals totals, Clock::Time now) {
  totals.taken_at = std::min(totals.taken_at, now);
  pools_[pool].newest = std::move(totals);
}

std::optional<Signal> SignalTotals::Take(std::string_view name) {
  const auto found = pools_.find(name);
  if (found == pools_.end() || !found->second.newest) {
    return std::nullopt;
  }
  Pool& pool = found->second;
  const PoolTotals newest = *pool.newest;
  if (pool.answered && newest.taken_at <= pool.answered->taken_at) {
    return std::nullopt;
  }
  const std::optional<PoolTotals> before = std::exchange(pool.answered, newest);
  if (!before) {
    return std::nullopt;
  }
  Signal signal{.taken_at = newest.taken_at,
                .span = newest.taken_at - before->taken_at,
                .threads = newest.threads,
                .counters = newest.counters - before->counters,
                .step = SignalStep::kStream};
  if (!OnlyGrew(signal.counters)) {
    return std::nullopt;
  }
  return signal;
}

}  // namespace loadline
