// SPDX-License-Identifier: Apache-2.0
#include "sdk/src/ledger_source.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "sdk/src/settle.h"

namespace loadline {
namespace {

// A longer difference says more about the past than about the load: we were elsewhere meanwhile.
constexpr Clock::Duration kSpanMax = std::chrono::seconds{2};

// Workers without a task wait where conditions and futexes wait.
void TellIdle(Clock::Duration idle, PoolCounters& counters) {
  Clock::Duration& idle_total = counters.blocked_for(WaitReason::kIdle);
  for (const WaitReasonInfo& info : kWaitReasons) {
    if (info.kind != WaitKind::kCondition) {
      continue;
    }
    Clock::Duration& waited = counters.blocked_for(info.reason);
    const Clock::Duration moved = std::clamp(idle - idle_total, Clock::Duration{}, waited);
    waited -= moved;
    idle_total += moved;
  }
}

}  // namespace

void LedgerSource::AddPool(ThreadPool& pool) {
  detail::MutexLock lock(mutex_);
  pools_.push_back({.pool = &pool});
}

void LedgerSource::RemovePool(ThreadPool& pool) {
  detail::MutexLock lock(mutex_);
  std::erase_if(pools_, [&](const Watched& watched) { return watched.pool == &pool; });
}

std::optional<Signal> LedgerSource::Read(std::string_view pool, Clock::Time now) {
  detail::MutexLock lock(mutex_);
  const auto watched = std::find_if(pools_.begin(), pools_.end(),
                                    [&](const Watched& each) { return each.pool->name() == pool; });
  if (watched == pools_.end()) {
    return std::nullopt;
  }
  std::optional<Reading> reading = ReadNow(*watched->pool, now);
  const std::optional<Reading> before = std::exchange(watched->last, std::move(reading));
  if (!before || !watched->last || now <= before->at || now - before->at > kSpanMax) {
    return std::nullopt;
  }
  return Difference(*before, *watched->last);
}

std::optional<LedgerSource::Reading> LedgerSource::ReadNow(const ThreadPool& pool,
                                                           Clock::Time now) {
  if (scanned_at_ != now) {
    scanned_at_ = now;
    scanned_.clear();
    if (ledger_.ReadThreads(now, scratch_)) {
      for (const Thread& thread : scratch_) {
        scanned_.emplace(thread.tid, thread);
      }
    }
  }
  Reading reading{.at = now, .threads = {}, .busy = pool.Stats().busy_total};
  for (const pid_t tid : pool.tids()) {
    const auto found = scanned_.find(tid);
    if (found == scanned_.end()) {
      return std::nullopt;
    }
    reading.threads.insert(*found);
  }
  // No thread at all is an answer only while there is a ledger.
  return scanned_.empty() ? std::nullopt : std::optional(std::move(reading));
}

// Threads that began or ended between the two are left out of it.
Signal LedgerSource::Difference(const Reading& before, const Reading& after) {
  Signal signal{.taken_at = after.at,
                .span = after.at - before.at,
                .threads = static_cast<int>(after.threads.size()),
                .counters = {},
                .step = SignalStep::kLedger};
  Clock::Duration time{};
  for (const auto& [tid, now] : after.threads) {
    const auto then = before.threads.find(tid);
    if (then != before.threads.end() && then->second.started_at_ns == now.started_at_ns) {
      signal.counters += now.counters - then->second.counters;
      time += signal.span;
    }
  }
  Settle(signal.counters);
  TellIdle(time - (after.busy - before.busy), signal.counters);
  return signal;
}

}  // namespace loadline
