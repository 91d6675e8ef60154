// SPDX-License-Identifier: Apache-2.0
#include "agent/src/model/pool_book.h"

#include <algorithm>

#include "agent/src/model/ranking.h"

namespace loadline::agent {
namespace {

// Readings for which a pool without threads keeps its row: a pool that shrinks to nothing and grows
// again goes on counting.
constexpr std::uint64_t kEmptyReadingsMax = 60;

void FillDetail(const Pool& pool, std::size_t most, PoolRow& row) {
  row.peers = pool.peers.Top(most);
  for (const auto& [address, sum] : pool.futexes.Show(most).top) {
    if (sum.threads == 0 && sum.waits == 0) {  // Seen once, by a source that samples.
      continue;
    }
    row.futexes.push_back({.address = address,
                           .threads = sum.threads,
                           .oldest = sum.oldest,
                           .total = sum.waited,
                           .waits = sum.waits});
  }
  auto [top, rest] = pool.neighbours.Show(most);
  row.neighbours.reserve(top.size() + 1);
  for (auto& [process, sum] : top) {
    row.neighbours.push_back(
        {.process = std::move(process), .total = sum.waited, .increment = sum.increment});
  }
  if (rest.waits > 0) {
    row.neighbours.push_back(
        {.process = std::string(kOther), .total = rest.waited, .increment = rest.increment});
  }
}

}  // namespace

void PoolBook::BeginReading(Clock::Time at, Clock::Duration span) {
  ++reading_;
  at_ = at;
  span_ = span;
  of_number_.clear();
  of_number_.reserve(pools_.size());  // Most have one.
  for (auto& [key, pool] : pools_) {
    pool.row.registered = false;
    pool.row.pool_numbers.clear();
    pool.row.now() = {};
    pool.row.increment = {};
    pool.number = {};
    pool.home.BeginReading();
    pool.evidence.BeginReading(at, span);
    pool.peers.BeginReading();
    pool.futexes.BeginReading();
    pool.neighbours.BeginReading();
    pool.siblings = {};
  }
}

Pool& PoolBook::At(const Process* process, pid_t tgid, std::string_view name) {
  const pid_t pid = process != nullptr && process->kernel ? kKernelPid : tgid;
  const auto [found, is_new] = pools_.try_emplace({pid, std::string(name)});
  Pool& pool = found->second;
  if (is_new) {
    pool.evidence.BeginReading(at_, span_);
    pool.name = found->first.second;
    pool.row.pid = pid;
    // No name: exits for whose name the source had no room.
    pool.row.pool = name.empty() ? kOther : name;
    pool.row.process = process == nullptr ? pool.row.pool : process->label;
  }
  return pool;
}

Pool* PoolBook::Find(pid_t tgid, const std::string& name) {
  const auto found = pools_.find({tgid, name});
  return found == pools_.end() ? nullptr : &found->second;
}

// Mostly a pool has one number, and few ever; those of the kernel have one for each thread.
void PoolBook::AddNumber(pid_t tgid, std::uint32_t number, Pool& pool) {
  const std::pair<pid_t, std::uint32_t> of_process{tgid, number};
  if (number == 0 || pool.number == of_process) {
    return;
  }
  pool.number = of_process;
  of_number_[of_process] = &pool;
  std::vector<std::uint32_t>& numbers = pool.row.pool_numbers;
  const auto at = std::ranges::lower_bound(numbers, number);
  if (at == numbers.end() || *at != number) {
    numbers.insert(at, number);
  }
}

Pool* PoolBook::OfNumber(pid_t tgid, std::uint32_t number) const {
  const auto found = of_number_.find({tgid, number});
  return found == of_number_.end() ? nullptr : found->second;
}

std::vector<PoolRow> PoolBook::EndReading(bool peers, const ProcessBook& processes,
                                          std::size_t most,
                                          const std::function<void(pid_t, Pool&)>& before_end) {
  std::vector<PoolRow> rows;
  rows.reserve(pools_.size());
  for (auto& [key, pool] : pools_) {
    PoolRow& row = pool.row;
    const Process* process = processes.Find(key.first);
    if (process != nullptr) {
      row.process = process->label;
      row.pid_inner = process->kernel ? 0 : process->pid_inner;
    }
    row.totals += row.increment;
    if (peers) {
      pool.peers.EndReading();
    }
    if (processes.IsRead(key.first)) {
      before_end(key.first, pool);
    }
    pool.home.EndReading(row.increment.on_cpu);
    row.home = pool.home.address();
    if (processes.IsRead(key.first)) {
      rows.push_back(row);
      FillDetail(pool, most, rows.back());
    }
  }
  return rows;
}

std::vector<PoolAndEvidence> PoolBook::Evidence(const ProcessBook& processes) const {
  std::vector<PoolAndEvidence> all;
  all.reserve(pools_.size());
  for (const auto& [key, pool] : pools_) {
    if (key.first != kKernelPid && processes.IsRead(key.first)) {
      all.push_back({.row = &pool.row, .evidence = &pool.evidence});
    }
  }
  return all;
}

void PoolBook::Forget(const ProcessBook& processes) {
  std::erase_if(pools_, [&](const auto& entry) {
    const auto& [key, pool] = entry;
    const Process* process = processes.Find(key.first);
    const bool alive =
        key.first == kKernelPid || (process != nullptr && processes.IsSeen(*process));
    return pool.members == 0 && processes.IsRead(key.first) &&
           (!alive || pool.seen + kEmptyReadingsMax < reading_);
  });
}

}  // namespace loadline::agent
