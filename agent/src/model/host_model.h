// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "agent/src/model/event_loop.h"
#include "agent/src/model/gone_threads.h"
#include "agent/src/model/holder_chain.h"
#include "agent/src/model/pool_book.h"
#include "agent/src/model/pool_evidence.h"
#include "agent/src/model/pool_row.h"
#include "agent/src/model/process_book.h"
#include "agent/src/model/registration.h"
#include "agent/src/model/thread_book.h"
#include "agent/src/sampler/thread_sample.h"

namespace loadline::agent {

// Turns readings of threads into pools of processes.
//
// A thread belongs to the pool that its process registered it in, else to the threads of its
// process whose names agree up to digits. Sums are made of increments: a thread that is renamed,
// joins a pool or ends takes nothing away from what was counted.
//
// The agent's own threads are left out: what it costs has metrics of its own. Threads of the kernel
// are one process "kernel" with pid 0, and idle while they wait, unless for a disk, memory or a
// lock: waiting for work is what most of them do.
//
// A thread that the source cannot call idle is idle where its pool has learned its home: see
// HomeCondition. Of its time, the wait in progress there counts as idle.
//
// A reading that lacks a feature leaves what is known of it as it was: its rows are not shown, its
// totals go on when it comes back.
//
// Costs 0.1 us per thread, and as much again until all is shown (`make bench-model`).
//
// Thread safety: none. The owner serializes calls.
class HostModel {
 public:
  struct Options {
    pid_t own_tgid = 0;
    int cpus = 1;
    int peers_max = 8;  // Of a row; the others are added up.
    // Looks up a process whose first thread ended before it was in a reading. Empty: such a process
    // is called after another thread.
    std::function<ProcessFacts(pid_t)> process_facts = {};
    // The eldest process of a server, by any of them: its workers are no neighbours of each other.
    // Empty: each process is a server of its own.
    std::function<pid_t(pid_t)> root_of = {};
  };

  explicit HostModel(Options options) : options_(std::move(options)) {}

  // What the services say of their own queues, by process, for the readings to come.
  void SetQueues(absl::flat_hash_map<pid_t, std::uint32_t> queues) { queues_ = std::move(queues); }

  // Folds in one reading, and returns a row per pool that has or just had threads.
  std::vector<PoolRow> Update(const HostReading& reading, std::span<const Registration> registered);

  // Of all CPUs, between the last two readings. 0 before there are two.
  double cpu_idle_fraction() const { return cpu_idle_fraction_; }

  // What each pool of the last reading lost its time to. Valid until the next one.
  std::vector<PoolAndEvidence> Evidence() const { return pools_.Evidence(processes_); }
  // The pools of which only who ends their waits can tell what those were.
  std::vector<std::pair<pid_t, std::uint32_t>> PoolsToWatch() const;

  // Whose pools these are: the processes in the last reading.
  std::vector<LivingProcess> LivingProcesses() const { return processes_.Living(); }

 private:
  struct Thread {
    pid_t tgid = 0;
    bool told = false;  // The service registered it.
    ThreadName name;
    Process* process = nullptr;
    Pool* pool = nullptr;  // Null: new here, or the agent's own.
    PoolCounters high;
    Clock::Duration loop_ran{};
    EventLoop loop;
    ThreadEvidence evidence;
  };

  void AddThread(const ThreadSample& sample);
  void ChoosePool(const ThreadSample& sample, Thread& thread);
  static void LeavePool(Thread& thread);
  WaitReason ReasonOf(const ThreadSample& sample, const Pool& pool, PoolCounters& increment) const;
  // How long it ran between two polls, of an event loop.
  Clock::Duration WatchLoop(const ThreadSample& sample, const PoolCounters& increment,
                            Thread& thread, Pool& pool) const;
  void TakeDemand(const HostReading& reading);
  void AddBlames(const HostReading& reading);
  void EndEvidence(pid_t tgid, Pool& pool);
  Demand DemandOf(pid_t tgid) const;
  bool IsLoopOfClients(const Thread& thread) const;
  pid_t RootOf(pid_t tgid) const;
  void TakeGone();
  void AddExited(const HostReading& reading);
  void AddPeers(const HostReading& reading);
  void AddWaitSums(const HostReading& reading);
  void TakeIdleFraction(const HostReading& reading);

  const Options options_;
  std::uint64_t reading_ = 0;
  Clock::Time taken_at_;
  double cpu_idle_fraction_ = 0;
  bool partial_ = false;         // The reading is of registered processes only.
  bool partial_before_ = false;  // As was the one before.
  Clock::Duration between_{};    // This reading and the one before.
  Clock::Duration on_cpu_{};     // Of everything, in this reading.
  ThreadBook<Thread> threads_;
  ProcessBook processes_;
  PoolBook pools_;
  GoneThreads gone_;
  absl::flat_hash_map<pid_t, Demand> demand_;  // In this reading; likewise `drops_`.
  absl::flat_hash_map<pid_t, std::uint64_t> drops_;
  absl::flat_hash_map<std::pair<std::uint64_t, std::uint64_t>, std::uint64_t> drops_before_;
  absl::flat_hash_map<pid_t, std::uint32_t> queues_;
  const HolderChains* chains_ = nullptr;  // This and the next: of this reading.
  bool has_doors_ = false;
  absl::flat_hash_map<pid_t, int> busy_;  // Threads of a process that do not rest.
  absl::flat_hash_map<pid_t, int> busy_before_;
  // Where registered threads are, by process and reduced name.
  std::map<std::pair<pid_t, std::string>, std::string> pool_of_name_;
};

}  // namespace loadline::agent
