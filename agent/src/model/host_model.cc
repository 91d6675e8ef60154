// SPDX-License-Identifier: Apache-2.0
#include "agent/src/model/host_model.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "agent/src/model/counters.h"
#include "agent/src/model/kernel_pool_name.h"
#include "agent/src/model/label_text.h"
#include "agent/src/model/ranking.h"
#include "agent/src/sampler/pool_name.h"

namespace loadline::agent {
namespace {

PoolCounters WithKernelIdle(PoolCounters counters) {
  Clock::Duration idle{};
  for (const WaitReasonInfo& info : kWaitReasons) {
    if (!info.kernel_work) {
      idle += std::exchange(counters.blocked_for(info.reason), {});
    }
  }
  counters.blocked_for(WaitReason::kIdle) = idle;
  return counters;
}

// What `now` has beyond `high`; `anew`: also where it has less, that is where it goes on from.
PoolCounters Take(const PoolCounters& now, bool anew, PoolCounters& high) {
  const PoolCounters increment = Raise(high, now);
  if (anew) {
    high = now;
  }
  return increment;
}

// Threads that wait on words without a holder, from which on it is worth to see who ends that.
constexpr double kSoftMin = 0.05;

std::string ReducedName(std::string_view thread_name) { return LabelText(PoolName(thread_name)); }

void CountState(PoolRow& row, const ThreadSample& sample, WaitReason reason, bool rests) {
  row.processes = 1;
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
  ++(rests || Info(reason).idle ? row.threads.idle : row.threads.waiting);
  WaitingNow& wait = row.waits[static_cast<std::size_t>(reason)];
  ++wait.threads;
  wait.oldest = std::max(wait.oldest, sample.in_state);
  if (Info(reason).stopped) {
    ++row.held[static_cast<std::size_t>(sample.holder)];
  }
}

}  // namespace

std::vector<PoolRow> HostModel::Update(const HostReading& reading,
                                       std::span<const Registration> registered) {
  ++reading_;
  between_ = reading_ > 1 ? reading.taken_at - taken_at_ : Clock::Duration{};
  partial_before_ = std::exchange(partial_, !reading.detail.has(Feature::kUnregistered));
  on_cpu_ = {};
  threads_.BeginReading(reading.threads.size());
  processes_.BeginReading(partial_, registered);
  pools_.BeginReading(reading.taken_at, between_);
  gone_.BeginReading();
  TakeDemand(reading);
  const HolderChains chains(
      reading.threads,
      std::ranges::any_of(reading.futexes, [](const FutexWaits& one) { return one.owner != 0; }));
  chains_ = &chains;

  for (const ThreadSample& sample : reading.threads) {
    AddThread(sample);
  }
  processes_.NameOthers(options_.process_facts);
  TakeGone();
  AddExited(reading);
  const bool peers = reading.detail.has(Feature::kPeers);
  if (peers) {
    AddPeers(reading);
    AddWaitSums(reading);
  }
  AddBlames(reading);
  TakeIdleFraction(reading);
  chains_ = nullptr;
  std::vector<PoolRow> rows =
      pools_.EndReading(peers, processes_, static_cast<std::size_t>(options_.peers_max),
                        [this](pid_t tgid, Pool& pool) { EndEvidence(tgid, pool); });

  gone_.EndReading();
  pools_.Forget(processes_);
  processes_.Forget();
  std::erase_if(pool_of_name_,
                [&](const auto& entry) { return processes_.Find(entry.first.first) == nullptr; });
  return rows;
}

void HostModel::AddThread(const ThreadSample& sample) {
  const auto [thread, is_new, was_there] = threads_.At(sample);
  if (thread.tgid != sample.tgid) {
    LeavePool(thread);
    thread.tgid = sample.tgid;
    thread.process = &processes_.Of(sample);
  }
  processes_.See(sample, *thread.process);
  // It may have been left out: an interval that was told when it was open was not counted then.
  const bool anew = sample.left_out || (!is_new && !was_there);
  PoolCounters& high = thread.high;
  PoolCounters increment = sample.kernel ? Take(WithKernelIdle(sample.counters), anew, high)
                                         : Take(sample.counters, anew, high);
  on_cpu_ += increment.on_cpu;
  if (sample.tgid == options_.own_tgid) {
    thread.name = sample.name;
    return;
  }
  ChoosePool(sample, thread);
  Pool& pool = *thread.pool;
  pools_.See(pool);
  pools_.AddNumber(sample.tgid, sample.pool_number, pool);
  pool.row.registered |= thread.told;
  pool.home.See(sample);
  const Clock::Duration loop_ran = WatchLoop(sample, increment, thread, pool);
  const WaitReason reason = ReasonOf(sample, pool, increment);
  bool rests = false;  // By the evidence of its pool, whatever it waits in.
  if (!sample.kernel) {
    rests = pool.evidence.AddThread({.sample = sample,
                                     .increment = increment,
                                     .reason = reason,
                                     .between = between_,
                                     .loop = IsLoopOfClients(thread),
                                     .loop_ran = loop_ran},
                                    DemandOf(sample.tgid), *chains_,
                                    static_cast<std::uint32_t>(reading_), thread.evidence);
    busy_[sample.tgid] += rests ? 0 : 1;
  }
  CountState(pool.row, sample, reason, rests);
  pool.row.increment += increment;  // Into the totals once per reading: PoolBook::EndReading().
  if (sample.state != ThreadState::kBlocked) {
    return;
  }
  if (sample.reason == WaitReason::kNetwork || !sample.peer.text.empty()) {
    pool.peers.AddOpen(sample.peer.text, sample.in_state);
  }
  if (sample.futex != 0 && !Info(reason).idle) {
    pool.futexes.AddOpen(sample.futex, sample.in_state);
  }
}

// Most threads are what they were: names are made, and looked up, only when something changed.
void HostModel::ChoosePool(const ThreadSample& sample, Thread& thread) {
  const bool renamed = thread.pool == nullptr || thread.name != sample.name;
  const Registration* registration = thread.process->registration;
  if (!renamed && !thread.told && registration == nullptr) {
    return;
  }
  const std::string* told = nullptr;
  if (registration != nullptr) {
    const auto found = registration->pool_of_inner_tid.find(sample.tid_inner);
    told = found == registration->pool_of_inner_tid.end() ? nullptr : &found->second;
  }
  if (!renamed && thread.told == (told != nullptr) &&
      (told == nullptr || *told == thread.pool->name)) {
    return;
  }
  thread.name = sample.name;
  thread.told = told != nullptr;
  const std::string reduced = ReducedName(sample.name);
  const std::string implied = sample.kernel ? KernelPoolName(sample.name) : reduced;
  if (thread.told) {
    pool_of_name_[{sample.tgid, reduced}] = *told;
  }
  LeavePool(thread);
  thread.pool = &pools_.At(thread.process, sample.tgid, thread.told ? *told : implied);
  ++thread.pool->members;
}

void HostModel::LeavePool(Thread& thread) {
  if (thread.pool != nullptr) {
    --std::exchange(thread.pool, nullptr)->members;
  }
}

// What the thread waits for, with what its process shows. Moves to idle what is idle.
WaitReason HostModel::ReasonOf(const ThreadSample& sample, const Pool& pool,
                               PoolCounters& increment) const {
  if (sample.kernel && !Info(sample.reason).kernel_work) {
    return WaitReason::kIdle;
  }
  // Who ended such waits tells more than where they were.
  if (!pool.home.IsHome(sample) || pool.evidence.blames().known()) {
    return sample.reason;
  }
  Clock::Duration& counted = increment.blocked_for(sample.reason);
  const Clock::Duration idle = std::min(counted, sample.in_state);
  counted -= idle;
  increment.blocked_for(WaitReason::kIdle) += idle;
  return WaitReason::kIdle;
}

Clock::Duration HostModel::WatchLoop(const ThreadSample& sample, const PoolCounters& increment,
                                     Thread& thread, Pool& pool) const {
  if (sample.kernel) {
    return {};
  }
  thread.loop.Update(sample, increment, between_);
  Clock::Duration ran = sample.loop_ran - thread.loop_ran;
  if (ran < -kLoopRanWraps / 2) {
    ran += kLoopRanWraps;
  }
  if (ran < Clock::Duration::zero()) {  // Of another array, a moment older.
    ran = Clock::Duration::zero();
  } else {
    thread.loop_ran = sample.loop_ran;
  }
  if (!thread.loop.is_loop()) {
    return {};
  }
  ++pool.row.event_loops;
  for (const WaitReasonInfo& info : kWaitReasons) {
    if (!info.idle && !info.stopped) {
      pool.row.increment.loop_blocked[static_cast<std::size_t>(info.reason)] +=
          increment.blocked_for(info.reason);
    }
  }
  pool.row.increment.loop_blocked[kLoopRan] += ran;
  return ran;
}

pid_t HostModel::RootOf(pid_t tgid) const {
  return options_.root_of ? options_.root_of(tgid) : tgid;
}

// Who serves a single client is no event loop, however it waits for that one. A thread alone in its
// process with several clients is one, though it was never seen to poll: some of them have sent
// what nobody reads.
bool HostModel::IsLoopOfClients(const Thread& thread) const {
  if (!has_doors_) {
    return thread.loop.is_loop();
  }
  const Demand demand = DemandOf(thread.tgid);
  const auto busy = busy_before_.find(thread.tgid);
  const bool alone = busy != busy_before_.end() && busy->second == 1;
  return demand.clients >= 2 && (thread.loop.is_loop() || (alone && demand.unread > 0));
}

Demand HostModel::DemandOf(pid_t tgid) const {
  const auto found = demand_.find(tgid);
  return found == demand_.end() ? Demand() : found->second;
}

void HostModel::TakeDemand(const HostReading& reading) {
  has_doors_ = reading.has_doors;
  std::swap(busy_, busy_before_);
  busy_.clear();
  demand_.clear();
  drops_.clear();
  for (const auto& [tgid, queue] : queues_) {
    demand_[tgid].queue += queue;
  }
  for (const Door& door : reading.doors) {
    const auto [before, is_new] = drops_before_.try_emplace({door.netns, door.socket}, door.drops);
    const std::uint64_t dropped = door.drops > before->second ? door.drops - before->second : 0;
    before->second = door.drops;
    for (const pid_t tgid : door.tgids) {
      demand_[tgid].queue += door.queue;
      drops_[tgid] += is_new ? 0 : dropped;
    }
  }
  if (drops_before_.size() > 2 * reading.doors.size() + 1024) {
    drops_before_.clear();
  }
  for (const ProcessConnections& one : reading.connections) {
    demand_[one.tgid].clients += one.clients;
    demand_[one.tgid].unread += one.unread;
  }
}

void HostModel::AddBlames(const HostReading& reading) {
  if (reading.watched <= Clock::Duration::zero()) {
    return;
  }
  using Ends = std::pair<const Pool*, const Pool*>;
  absl::flat_hash_map<Ends, double> wakes;
  for (const PoolWakes& one : reading.wakes) {
    const Pool* waker = pools_.OfNumber(one.waker_tgid, one.waker_pool_number);
    const Pool* woken = pools_.OfNumber(one.woken_tgid, one.woken_pool_number);
    if (waker != nullptr && woken != nullptr) {
      wakes[{waker, woken}] += static_cast<double>(one.wakes);
    }
  }
  const auto wakes_of = [&](const Pool* waker, const Pool* woken) {
    const auto found = wakes.find({waker, woken});
    return found == wakes.end() ? 0.0 : found->second;
  };
  pools_.ForEach([](pid_t, Pool& pool) { pool.evidence.blames().Fade(); });
  for (const WaitBlame& blame : reading.blames) {
    Pool* const pool = pools_.OfNumber(blame.tgid, blame.pool_number);
    if (pool == nullptr) {
      continue;
    }
    const Pool* const waker = pools_.OfNumber(blame.waker_tgid, blame.waker_pool_number);
    BlameBook::Waker by;
    if (waker != nullptr) {
      by = {.same_pool = waker == pool,
            .same_process = blame.waker_tgid == blame.tgid,
            .name = waker->row.pool,
            .wakes = wakes_of(waker, pool),
            .wakes_back = wakes_of(pool, waker),
            .waits_for = waker->evidence.main_peer()};
    }
    pool->evidence.blames().Add(blame, by);
  }
}

void HostModel::EndEvidence(pid_t tgid, Pool& pool) {
  if (tgid == PoolBook::kKernelPid) {
    return;
  }
  std::vector<PoolEvidence::Named> peers;
  const std::vector<PeerRow> peer_rows = pool.peers.Top(PeerBook::kPeersMax);
  peers.reserve(peer_rows.size());
  for (const PeerRow& peer : peer_rows) {
    peers.push_back({.name = peer.address, .increment = peer.increment});
  }
  std::vector<PoolEvidence::Named> neighbours;
  const auto shown = pool.neighbours.Show(static_cast<std::size_t>(options_.peers_max));
  for (const auto& [name, sum] : shown.top) {
    neighbours.push_back({.name = name, .increment = sum.increment});
  }
  neighbours.push_back({.name = kOther, .increment = shown.rest.increment});
  neighbours.push_back({.name = "", .increment = pool.siblings, .sibling = true});
  const auto drops = drops_.find(tgid);
  pool.evidence.EndReading({.peers = peers,
                            .neighbours = neighbours,
                            .demand = DemandOf(tgid),
                            .drops = drops == drops_.end() ? 0 : drops->second});
}

std::vector<std::pair<pid_t, std::uint32_t>> HostModel::PoolsToWatch() const {
  std::vector<std::pair<pid_t, std::uint32_t>> watch;
  pools_.ForEach([&](pid_t tgid, const Pool& pool) {
    if (pool.evidence.soft_threads() > kSoftMin) {
      for (const std::uint32_t number : pool.row.pool_numbers) {
        watch.emplace_back(tgid, number);
      }
    }
  });
  return watch;
}

void HostModel::TakeGone() {
  threads_.Forget([&](Thread& thread) {
    if (!processes_.IsRead(thread.tgid)) {
      return false;
    }
    const std::string_view pool = thread.pool == nullptr ? "" : thread.pool->name;
    gone_.Add(thread.tgid, ReducedName(thread.name), pool, thread.high);
    LeavePool(thread);
    return true;
  });
}

void HostModel::AddExited(const HostReading& reading) {
  gone_.FindRenamed(reading.exited);
  for (const ExitedThreads& exited : reading.exited) {
    if (!processes_.IsRead(exited.tgid)) {
      continue;
    }
    const Process* process = processes_.Find(exited.tgid);
    const bool kernel = process != nullptr && process->kernel;
    const std::string name = LabelText(exited.name);
    const auto [increment, pool] =
        gone_.Settle(exited.tgid, name, kernel ? WithKernelIdle(exited.counters) : exited.counters);
    on_cpu_ += increment.on_cpu;
    if (exited.tgid != options_.own_tgid) {
      pools_.At(process, exited.tgid, pool.empty() ? std::string_view(name) : pool).row.increment +=
          increment;
    }
  }
}

void HostModel::AddPeers(const HostReading& reading) {
  for (const PeerTotal& peer : reading.peers) {
    const std::string implied = LabelText(peer.pool);
    const auto told = pool_of_name_.find({peer.tgid, implied});
    Pool* pool = pools_.Find(peer.tgid, told == pool_of_name_.end() ? implied : told->second);
    if (pool != nullptr) {
      pool->peers.AddEnded(peer.peer.text, peer.waited);
    }
  }
}

// A process that ended since has no threads that a pool could be found by: its last waits are lost.
void HostModel::AddWaitSums(const HostReading& reading) {
  for (const FutexWaits& one : reading.futexes) {
    if (Pool* pool = pools_.OfNumber(one.tgid, one.pool_number); pool != nullptr) {
      pool->futexes.Add(one.address, one.waited, one.waits);
      if (one.owner != 0) {
        pool->evidence.AddLock(one.address, chains_->Find(one.owner), one.waited, one.waits);
      }
    }
  }
  const std::string unknown = "unknown";  // A neighbour that ended, or is not remembered.
  for (const NeighbourWaits& one : reading.neighbours) {
    if (Pool* pool = pools_.OfNumber(one.tgid, one.pool_number); pool != nullptr) {
      if (RootOf(one.neighbour) == RootOf(one.tgid)) {
        pool->siblings += one.waited;
      }
      const Process* neighbour = processes_.Find(one.neighbour);
      pool->neighbours.Add(neighbour != nullptr ? neighbour->label : unknown, one.waited,
                           one.waits);
    }
  }
}

void HostModel::TakeIdleFraction(const HostReading& reading) {
  if (reading_ > 1 && reading.taken_at > taken_at_ && !partial_ && !partial_before_) {
    const Clock::Duration all = (reading.taken_at - taken_at_) * options_.cpus;
    const double busy = static_cast<double>(on_cpu_.count()) / static_cast<double>(all.count());
    cpu_idle_fraction_ = std::clamp(1 - busy, 0.0, 1.0);
  }
  taken_at_ = reading.taken_at;
}

}  // namespace loadline::agent
