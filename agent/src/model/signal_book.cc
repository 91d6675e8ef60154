// SPDX-License-Identifier: Apache-2.0
#include "agent/src/model/signal_book.h"

#include <utility>

#include "agent/src/model/counters.h"

namespace loadline::agent {

std::vector<PoolMember> SignalBook::Update(const HostReading& reading,
                                           std::span<const Registration> registered) {
  ++reading_;
  absl::flat_hash_map<pid_t, const Registration*> registration_of;
  for (const Registration& registration : registered) {
    registration_of[registration.tgid] = &registration;
    Process& process = processes_[registration.tgid];
    process.seen = reading_;
    for (const std::string& name : registration.pools) {
      process.pools[name];
    }
    for (auto& [name, totals] : process.pools) {
      totals.taken_at = reading.taken_at;
      totals.threads = 0;
    }
  }
  std::vector<PoolMember> joined;
  for (const ThreadSample& sample : reading.threads) {
    const auto registration = registration_of.find(sample.tgid);
    if (registration == registration_of.end()) {
      continue;
    }
    const auto& pools = registration->second->pool_of_inner_tid;
    const auto pool = pools.find(sample.tid_inner);
    if (pool == pools.end()) {
      continue;
    }
    Process& process = processes_[sample.tgid];
    Thread& thread = process.threads[sample.tid];
    if (thread.started_at_ns != sample.started_at_ns || thread.pool != pool->second) {
      std::uint32_t& number = process.numbers[pool->second];
      number = number == 0 ? ++pools_seen_ : number;
      joined.push_back({.tid = sample.tid, .pool = number});
      // What a thread did before it joined is not the pool's.
      thread = {
          .started_at_ns = sample.started_at_ns, .pool = pool->second, .high = sample.counters};
    }
    thread.seen = reading_;
    PoolTotals& totals = process.pools[pool->second];
    totals.taken_at = reading.taken_at;
    ++totals.threads;
    totals.counters += Raise(thread.high, sample.counters);
  }
  std::erase_if(processes_, [&](const auto& entry) { return entry.second.seen != reading_; });
  for (auto& [tgid, process] : processes_) {
    absl::erase_if(process.threads,
                   [&](const auto& entry) { return entry.second.seen != reading_; });
  }
  return joined;
}

SignalBook::Pools SignalBook::PoolsOf(pid_t tgid) const {
  const auto found = processes_.find(tgid);
  return found == processes_.end() ? Pools{} : found->second.pools;
}

}  // namespace loadline::agent
