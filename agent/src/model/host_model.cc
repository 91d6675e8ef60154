// SPDX-License-Identifier: Apache-2.0
#include "agent/src/model/host_model.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "agent/src/model/counters.h"
#include "agent/src/model/kernel_pool_name.h"
#include "agent/src/model/label_text.h"
#include "agent/src/sampler/pool_name.h"

namespace loadline::agent {
namespace {

constexpr std::string_view kKernelProcess = "kernel";
constexpr pid_t kKernelPid = 0;
constexpr std::string_view kOther = "other";
constexpr std::string_view kUnknown = "unknown";  // A neighbour that ended, or is not remembered.

// Readings for which a pool without threads keeps its row: a pool that shrinks to nothing and grows
// again goes on counting.
constexpr std::uint64_t kEmptyReadingsMax = 60;

// Readings after its last by which the source must have told the end of a thread.
constexpr std::uint64_t kLateReadingsMax = 2;

bool IsKernelWork(WaitReason reason) {
  return reason == WaitReason::kDisk || reason == WaitReason::kMemory ||
         reason == WaitReason::kPageFault || reason == WaitReason::kKernelLock;
}

PoolCounters WithKernelIdle(PoolCounters counters) {
  for (std::size_t i = 0; i < counters.blocked.size(); ++i) {
    const auto reason = static_cast<WaitReason>(i);
    if (!IsKernelWork(reason) && reason != WaitReason::kIdle) {
      counters.blocked[static_cast<std::size_t>(WaitReason::kIdle)] += counters.blocked[i];
      counters.blocked[i] = {};
    }
  }
  return counters;
}

// What `last` has beyond `counted`, which keeps what it has beyond `last`.
PoolCounters Settle(PoolCounters& counted, PoolCounters last) {
  PoolCounters high = counted;
  const PoolCounters increment = Raise(high, last);
  counted = Raise(last, counted);
  return increment;
}

void CountState(PoolRow& row, const ThreadSample& sample, WaitReason reason) {
  switch (sample.state) {
    case ThreadState::kRunning:
      ++row.threads.working;
      return;
    case ThreadState::kRunnable:
      ++row.threads.runnable;
      return;
    case ThreadState::kBlocked:
      break;
  }
  ++(IsIdle(reason) ? row.threads.idle : row.threads.waiting);
  WaitingNow& wait = row.waits[static_cast<std::size_t>(reason)];
  ++wait.threads;
  wait.oldest = std::max(wait.oldest, sample.in_state);
}

// Mostly there is one number, and few ever.
void AddNumber(std::uint32_t number, std::vector<std::uint32_t>& numbers) {
  const auto at = std::ranges::lower_bound(numbers, number);
  if (number != 0 && (at == numbers.end() || *at != number)) {
    numbers.insert(at, number);
  }
}

}  // namespace

std::vector<PoolRow> HostModel::Update(const HostReading& reading,
                                       std::span<const Registration> registered) {
  BeginReading(reading);
  NameProcesses(reading, registered);
  AddThreads(reading, registered);
  AddExited(reading);
  if (reading.detail.has(Feature::kPeers)) {
    AddPeers(reading);
    AddWaitSums(reading);
  }
  if (reading_ > 1 && reading.taken_at > taken_at_ && !partial_ && !partial_before_) {
    const Clock::Duration all = (reading.taken_at - taken_at_) * options_.cpus;
    const double busy = static_cast<double>(on_cpu_.count()) / static_cast<double>(all.count());
    cpu_idle_fraction_ = std::clamp(1 - busy, 0.0, 1.0);
  }
  taken_at_ = reading.taken_at;
  std::vector<PoolRow> rows = Rows();
  Forget();
  return rows;
}

void HostModel::BeginReading(const HostReading& reading) {
  ++reading_;
  between_ = reading_ > 1 ? reading.taken_at - taken_at_ : Clock::Duration{};
  partial_before_ = std::exchange(partial_, !reading.detail.has(Feature::kUnregistered));
  on_cpu_ = {};
  for (auto& [key, pool] : pools_) {
    pool.row.registered = false;
    pool.row.pool_numbers.clear();
    pool.row.threads = {};
    pool.row.waits = {};
    pool.row.increment = {};
    pool.row.event_loops = 0;
    pool.row.loop_blocked_increment = {};
    pool.home.BeginReading();
    pool.peers.BeginReading();
    pool.futexes.BeginReading();
    pool.neighbours.BeginReading();
  }
  pool_of_number_.clear();
}

void HostModel::NameProcesses(const HostReading& reading,
                              std::span<const Registration> registered) {
  for (const ThreadSample& sample : reading.threads) {
    Process& process = processes_[sample.tgid];
    process.seen = reading_;
    process.kernel = sample.kernel;
    process.registered = false;
    // The leader names the process; if it ended before its threads, what it was called stays.
    if (sample.kernel) {
      process.label = kKernelProcess;
    } else if (sample.tid == sample.tgid || process.label.empty()) {
      process.label = LabelText(sample.name);
    }
    if (sample.tid == sample.tgid) {
      process.pid_inner = sample.tid_inner;
    }
  }
  for (const Registration& registration : registered) {
    if (const auto found = processes_.find(registration.tgid); found != processes_.end()) {
      found->second.label = registration.service;
      found->second.registered = true;
    }
  }
  for (auto& [key, pool] : pools_) {
    if (const auto found = processes_.find(key.first); found != processes_.end()) {
      NamePool(pool, found->second);
    }
  }
}

void HostModel::AddThreads(const HostReading& reading, std::span<const Registration> registered) {
  absl::flat_hash_map<pid_t, const Registration*> registration_of;
  for (const Registration& registration : registered) {
    registration_of[registration.tgid] = &registration;
  }
  for (const ThreadSample& sample : reading.threads) {
    const auto found = registration_of.find(sample.tgid);
    AddThread(sample, found == registration_of.end() ? nullptr : found->second);
  }
}

// Returns whether the service told which pool it is. Most threads are what they were: names are
// made anew, and looked up, only when something changed.
bool HostModel::NamePool(Thread& thread, const ThreadSample& sample,
                         const Registration* registration) {
  const bool renamed = thread.comm != sample.name || thread.name.empty();
  if (renamed) {
    thread.comm = sample.name;
    thread.name = LabelText(PoolName(sample.name));
    thread.implied = sample.kernel ? KernelPoolName(sample.name) : thread.name;
  }
  const std::string* pool = &thread.implied;
  bool told = false;
  if (registration != nullptr) {
    const auto found = registration->pool_of_inner_tid.find(sample.tid_inner);
    told = found != registration->pool_of_inner_tid.end();
    pool = told ? &found->second : pool;
  }
  const bool moved = thread.pool != *pool;
  if (moved) {
    thread.pool = *pool;
    thread.at = nullptr;
  }
  if (told && (renamed || moved)) {
    pool_of_name_[{sample.tgid, thread.name}] = thread.pool;
  }
  return told;
}

void HostModel::AddThread(const ThreadSample& sample, const Registration* registration) {
  const ThreadKey key{sample.tid, sample.started_at_ns};
  Thread& thread = threads_[key];
  thread.tgid = sample.tgid;
  // It may have been left out: an interval that was told when it was open was not counted then.
  const bool anew = sample.left_out || (thread.seen != 0 && thread.seen + 1 != reading_);
  thread.seen = reading_;
  const bool told = NamePool(thread, sample, registration);
  const PoolCounters now = sample.kernel ? WithKernelIdle(sample.counters) : sample.counters;
  PoolCounters increment = Raise(thread.high, now);
  if (anew) {
    thread.high = now;
  }
  on_cpu_ += increment.on_cpu;
  if (sample.tgid == options_.own_tgid) {
    return;
  }
  if (thread.at == nullptr || thread.at_forgotten != pools_forgotten_) {
    thread.at = &PoolAt(sample.tgid, thread.pool);
    thread.at_forgotten = pools_forgotten_;
  }
  Pool& pool = *thread.at;
  pool.seen = reading_;
  pool.row.registered |= told;
  AddNumber(sample.pool_number, pool.row.pool_numbers);
  pool_of_number_[{sample.tgid, sample.pool_number}] = &pool;
  pool.home.See(sample);
  WatchLoop(sample, increment, thread, pool);
  const WaitReason reason = ReasonOf(sample, pool, increment);
  CountState(pool.row, sample, reason);
  Count(pool, increment);
  const bool has_peer = sample.reason == WaitReason::kNetwork || !sample.peer.text.empty();
  if (sample.state == ThreadState::kBlocked && has_peer) {
    pool.peers.AddOpen(sample.peer.text, sample.in_state);
  }
  if (sample.state == ThreadState::kBlocked && sample.futex != 0 && !IsIdle(reason)) {
    pool.futexes.AddOpen(sample.futex, sample.in_state);
  }
}

// What the thread waits for, with what its process shows. Moves to idle what is idle.
WaitReason HostModel::ReasonOf(const ThreadSample& sample, const Pool& pool,
                               PoolCounters& increment) const {
  if (sample.kernel && !IsKernelWork(sample.reason)) {
    return WaitReason::kIdle;
  }
  if (!pool.home.IsHome(sample)) {
    return sample.reason;
  }
  Clock::Duration& counted = increment.blocked[static_cast<std::size_t>(sample.reason)];
  const Clock::Duration idle = std::min(counted, sample.in_state);
  counted -= idle;
  increment.blocked[static_cast<std::size_t>(WaitReason::kIdle)] += idle;
  return WaitReason::kIdle;
}

void HostModel::WatchLoop(const ThreadSample& sample, const PoolCounters& increment, Thread& thread,
                          Pool& pool) const {
  if (sample.kernel) {
    return;
  }
  thread.loop.Update(sample, increment, between_);
  const Clock::Duration ran = std::max(Clock::Duration{}, sample.loop_ran - thread.loop_ran);
  thread.loop_ran = std::max(thread.loop_ran, sample.loop_ran);
  if (!thread.loop.is_loop()) {
    return;
  }
  ++pool.row.event_loops;
  for (std::size_t i = 0; i < kWaitReasonCount; ++i) {
    const auto reason = static_cast<WaitReason>(i);
    if (!IsIdle(reason) && reason != WaitReason::kStopped) {
      pool.row.loop_blocked_increment[i] += increment.blocked[i];
    }
  }
  pool.row.loop_blocked_increment[kLoopRan] += ran;
}

void HostModel::AddExited(const HostReading& reading) {
  absl::erase_if(threads_, [&](const auto& entry) {
    const Thread& thread = entry.second;
    if (thread.seen == reading_ || !IsRead(thread.tgid)) {
      return false;
    }
    Gone& gone = gone_[{thread.tgid, thread.name}];
    gone.pool = thread.pool;
    gone.counted += thread.high;
    gone.reading = reading_;
    return true;
  });
  const auto renamed = GoneUnderAnotherName(reading);
  for (const ExitedThreads& exited : reading.exited) {
    if (!IsRead(exited.tgid)) {
      continue;
    }
    const auto process = processes_.find(exited.tgid);
    const bool kernel = process != processes_.end() && process->second.kernel;
    const std::string name = LabelText(exited.name);
    Gone& gone = gone_[{exited.tgid, name}];
    PoolCounters increment =
        Settle(gone.counted, kernel ? WithKernelIdle(exited.counters) : exited.counters);
    if (const auto others = renamed.find(exited.tgid); others != renamed.end()) {
      for (Gone* other : others->second) {
        increment = Settle(other->counted, increment);
      }
    }
    on_cpu_ += increment.on_cpu;
    if (exited.tgid != options_.own_tgid) {
      Count(PoolAt(exited.tgid, gone.pool.empty() ? name : gone.pool), increment);
    }
  }
  std::erase_if(
      gone_, [&](const auto& entry) { return entry.second.reading + kLateReadingsMax < reading_; });
}

// Threads that went in this reading and whose end it does not tell, by process: where the process
// has other ends to tell, they took another name after the reading before.
absl::flat_hash_map<pid_t, std::vector<HostModel::Gone*>> HostModel::GoneUnderAnotherName(
    const HostReading& reading) {
  absl::flat_hash_set<std::pair<pid_t, std::string>> told;
  for (const ExitedThreads& exited : reading.exited) {
    told.emplace(exited.tgid, LabelText(exited.name));
  }
  absl::flat_hash_map<pid_t, std::vector<Gone*>> renamed;
  for (auto& [key, gone] : gone_) {
    if (gone.reading == reading_ && !told.contains(key)) {
      renamed[key.first].push_back(&gone);
    }
  }
  return renamed;
}

void HostModel::AddPeers(const HostReading& reading) {
  for (const PeerTotal& peer : reading.peers) {
    const std::string implied = LabelText(peer.pool);
    const auto told = pool_of_name_.find({peer.tgid, implied});
    const auto found =
        pools_.find({peer.tgid, told == pool_of_name_.end() ? implied : told->second});
    if (found != pools_.end()) {
      found->second.peers.AddEnded(peer.peer.text, peer.waited);
    }
  }
  for (auto& [key, pool] : pools_) {
    pool.peers.EndReading();
  }
}

// A process that ended since has no threads that a pool could be found by: its last waits are lost.
void HostModel::AddWaitSums(const HostReading& reading) {
  for (const FutexWaits& one : reading.futexes) {
    const auto pool = pool_of_number_.find({one.tgid, one.pool_number});
    if (pool != pool_of_number_.end()) {
      pool->second->futexes.Add(one.address, one.waited, one.waits);
    }
  }
  for (const NeighbourWaits& one : reading.neighbours) {
    const auto pool = pool_of_number_.find({one.tgid, one.pool_number});
    if (pool == pool_of_number_.end()) {
      continue;
    }
    const auto neighbour = processes_.find(one.neighbour);
    const bool known = neighbour != processes_.end();
    pool->second->neighbours.Add(known ? neighbour->second.label : std::string(kUnknown),
                                 one.waited, one.waits);
  }
}

void HostModel::FillDetail(const Pool& pool, PoolRow& row) const {
  const auto most = static_cast<std::size_t>(options_.peers_max);
  row.peers = pool.peers.Top(most);
  for (const auto& [address, sum] : pool.futexes.Top(most)) {
    if (sum.threads == 0 && sum.waits == 0) {  // Seen once, by a source that samples.
      continue;
    }
    row.futexes.push_back({.address = address,
                           .threads = sum.threads,
                           .oldest = sum.oldest,
                           .total = sum.waited,
                           .waits = sum.waits});
  }
  const auto neighbours = pool.neighbours.Top(most);
  for (const auto& [process, sum] : neighbours) {
    row.neighbours.push_back({.process = process, .total = sum.waited, .increment = sum.increment});
  }
  if (const auto rest = pool.neighbours.Rest(neighbours); rest.waits > 0) {
    row.neighbours.push_back(
        {.process = std::string(kOther), .total = rest.waited, .increment = rest.increment});
  }
}

HostModel::Pool& HostModel::PoolAt(pid_t tgid, std::string_view name) {
  const auto process = processes_.find(tgid);
  const bool known = process != processes_.end();
  const pid_t pid = known && process->second.kernel ? kKernelPid : tgid;
  Pool& pool = pools_[{pid, std::string(name)}];
  pool.row.pid = pid;
  pool.row.pool = name;
  if (known) {
    NamePool(pool, process->second);
  } else {  // It came and went between two readings: its threads are all that is known of it.
    pool.row.process = name;
  }
  if (name.empty()) {  // Exits for whose name the source had no room.
    pool.row.process = pool.row.pool = kOther;
  }
  return pool;
}

void HostModel::NamePool(Pool& pool, const Process& process) {
  pool.row.process = process.label;
  pool.row.pid_inner = process.kernel ? 0 : process.pid_inner;
}

void HostModel::Count(Pool& pool, const PoolCounters& increment) {
  pool.row.increment += increment;  // Into the totals once per reading: Rows().
}

std::vector<PoolRow> HostModel::Rows() {
  std::vector<PoolRow> rows;
  rows.reserve(pools_.size());
  for (auto& [key, pool] : pools_) {
    pool.row.totals += pool.row.increment;
    for (std::size_t i = 0; i < pool.row.loop_blocked.size(); ++i) {
      pool.row.loop_blocked[i] += pool.row.loop_blocked_increment[i];
    }
    pool.home.EndReading(pool.row.increment.on_cpu);
    pool.row.home = pool.home.address();
    if (!IsRead(key.first)) {
      continue;
    }
    rows.push_back(pool.row);
    FillDetail(pool, rows.back());
  }
  return rows;
}

bool HostModel::IsRead(pid_t tgid) const {
  if (!partial_) {
    return true;
  }
  const auto found = processes_.find(tgid);
  return found != processes_.end() && found->second.registered;
}

void HostModel::Forget() {
  const std::size_t forgotten = std::erase_if(pools_, [&](const auto& entry) {
    const auto& [key, pool] = entry;
    const auto process = processes_.find(key.first);
    const bool alive = key.first == kKernelPid ||
                       (process != processes_.end() && process->second.seen == reading_);
    return IsRead(key.first) && (!alive || pool.seen + kEmptyReadingsMax < reading_);
  });
  pools_forgotten_ += forgotten;
  absl::erase_if(processes_, [&](const auto& entry) {
    return entry.second.seen != reading_ && IsRead(entry.first);
  });
  std::erase_if(pool_of_name_,
                [&](const auto& entry) { return !processes_.contains(entry.first.first); });
}

}  // namespace loadline::agent
