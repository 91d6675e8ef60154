// SPDX-License-Identifier: Apache-2.0
#include "sdk/agent_client/src/outbox.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <numeric>
#include <utility>

#include "sdk/agent_client/src/messages.h"

namespace loadline {
namespace {

constexpr Clock::Duration kReportEvery = std::chrono::seconds{1};

bool Due(const std::optional<Clock::Time>& reported_at, Clock::Time now) {
  return !reported_at || now - *reported_at >= kReportEvery;
}

std::vector<pid_t> Without(const std::vector<pid_t>& from, const std::vector<pid_t>& without) {
  std::vector<pid_t> rest;
  std::set_difference(from.begin(), from.end(), without.begin(), without.end(),
                      std::back_inserter(rest));
  return rest;
}

}  // namespace

void Outbox::Add(ThreadPool& pool) {
  detail::MutexLock lock(mutex_);
  pools_.push_back({.pool = &pool});
}

void Outbox::Remove(ThreadPool& pool) {
  detail::MutexLock lock(mutex_);
  const auto found = std::find_if(pools_.begin(), pools_.end(),
                                  [&](const Pool& each) { return each.pool == &pool; });
  if (found == pools_.end()) {
    return;
  }
  if (found->version) {
    farewells_.push_back(ThreadChangeMessage(pool.name(), {}, found->tids));
  }
  pools_.erase(found);
}

void Outbox::Add(Limiter& limiter) {
  detail::MutexLock lock(mutex_);
  gates_.push_back({.limiter = &limiter});
}

void Outbox::Remove(Limiter& limiter) {
  detail::MutexLock lock(mutex_);
  std::erase_if(gates_, [&](const Gate& each) { return each.limiter == &limiter; });
}

void Outbox::Restart() {
  detail::MutexLock lock(mutex_);
  greeted_ = false;
  farewells_.clear();
  for (Pool& pool : pools_) {
    pool = {.pool = pool.pool};
  }
  for (Gate& gate : gates_) {
    gate = {.limiter = gate.limiter};
  }
}

Outbox::Requests Outbox::Take(Clock::Time now) {
  detail::MutexLock lock(mutex_);
  Requests out;
  if (!std::exchange(greeted_, true)) {
    out.push_back(HelloMessage(service_));
  }
  std::move(farewells_.begin(), farewells_.end(), std::back_inserter(out));
  farewells_.clear();
  for (Pool& pool : pools_) {
    TellThreads(pool, out);
    Report(pool, now, out);
  }
  for (Gate& gate : gates_) {
    Report(gate, now, out);
  }
  return out;
}

void Outbox::TellThreads(Pool& pool, Requests& out) {
  const std::uint64_t version = pool.pool->tids_version();  // Before the ids: never too new.
  if (pool.version == version) {
    return;
  }
  std::vector<pid_t> tids = pool.pool->tids();
  std::sort(tids.begin(), tids.end());
  if (!pool.version) {
    out.push_back(RegistrationMessage(*pool.pool, tids));
  } else if (tids != pool.tids) {
    out.push_back(
        ThreadChangeMessage(pool.pool->name(), Without(tids, pool.tids), Without(pool.tids, tids)));
  }
  pool.version = version;
  pool.tids = std::move(tids);
}

void Outbox::Report(Pool& pool, Clock::Time now, Requests& out) {
  if (Due(pool.reported_at, now)) {
    out.push_back(PoolReportMessage(pool.pool->name(), pool.pool->Stats()));
    pool.reported_at = now;
  }
}

void Outbox::Report(Gate& gate, Clock::Time now, Requests& out) {
  const LimiterStats stats = gate.limiter->Stats();
  const std::int64_t changes = std::accumulate(stats.limit_changes_total.begin(),
                                               stats.limit_changes_total.end(), std::int64_t{0});
  if (changes != gate.changes || Due(gate.reported_at, now)) {
    out.push_back(LimiterMessage(*gate.limiter, stats));
    gate.changes = changes;
    gate.reported_at = now;
  }
}

}  // namespace loadline
