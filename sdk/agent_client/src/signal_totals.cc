// SPDX-License-Identifier: Apache-2.0
#include "sdk/agent_client/src/signal_totals.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace loadline {
namespace {

// Ours are a handful. A bound, because it is the agent that says the names.
constexpr std::size_t kPoolsMost = 1024;

bool NoneNegative(const PoolCounters& difference) {
  const Clock::Duration none{};
  return difference.on_cpu >= none && difference.runq_self >= none &&
         difference.runq_neighbour >= none && difference.runq_throttled >= none &&
         difference.runq_unattributed >= none && difference.switches_voluntary >= 0 &&
         difference.switches_involuntary >= 0 &&
         std::all_of(difference.blocked.begin(), difference.blocked.end(),
                     [&](Clock::Duration blocked) { return blocked >= none; });
}

// Whether `threads` threads can have spent that much time: twice what the clock says, since
// readings are not of one instant.
bool Fits(const PoolCounters& c, int threads, Clock::Duration span) {
  const auto ns = [](Clock::Duration time) { return static_cast<double>(time.count()); };
  double spent = ns(c.on_cpu) + ns(c.runq_self) + ns(c.runq_neighbour) + ns(c.runq_throttled) +
                 ns(c.runq_unattributed);
  for (const Clock::Duration blocked : c.blocked) {
    spent += ns(blocked);
  }
  return spent <= 2.0 * std::max(threads, 1) * (ns(span) + ns(std::chrono::milliseconds{100}));
}

}  // namespace

void SignalTotals::Restart() { pools_.clear(); }

void SignalTotals::Add(const std::string& pool, PoolTotals totals, Clock::Time now) {
  if (!NoneNegative(totals.counters) || totals.taken_at < Clock::Time{} ||
      (pools_.size() >= kPoolsMost && !pools_.contains(pool))) {
    return;
  }
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
  if (!NoneNegative(signal.counters) ||
      !Fits(signal.counters, std::max(before->threads, newest.threads), signal.span)) {
    return std::nullopt;
  }
  return signal;
}

}  // namespace loadline
