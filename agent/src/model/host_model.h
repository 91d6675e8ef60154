// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "agent/src/model/event_loop.h"
#include "agent/src/model/home_condition.h"
#include "agent/src/model/peer_book.h"
#include "agent/src/model/pool_row.h"
#include "agent/src/model/registration.h"
#include "agent/src/model/wait_book.h"
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
// Thread safety: none. The owner serializes calls.
class HostModel {
 public:
  struct Options {
    pid_t own_tgid = 0;
    int cpus = 1;
    int peers_max = 8;  // Of a row; the others are added up.
  };

  explicit HostModel(const Options& options) : options_(options) {}

  // Folds in one reading, and returns a row per pool that has or just had threads.
  std::vector<PoolRow> Update(const HostReading& reading, std::span<const Registration> registered);

  // Of all CPUs, between the last two readings. 0 before there are two.
  double cpu_idle_fraction() const { return cpu_idle_fraction_; }

 private:
  using PoolKey = std::pair<pid_t, std::string>;

  struct ThreadKey {
    pid_t tid;
    std::uint64_t started_at_ns;
    friend bool operator==(const ThreadKey&, const ThreadKey&) = default;
    template <typename H>
    friend H AbslHashValue(H h, const ThreadKey& key) {
      return H::combine(std::move(h), key.tid, key.started_at_ns);
    }
  };
  struct Pool {
    PoolRow row;
    PeerBook peers;
    HomeCondition home;
    WaitBook<std::uint64_t> futexes;
    WaitBook<std::string> neighbours;  // By name.
    std::uint64_t seen = 0;            // With threads.
  };
  struct Thread {
    pid_t tgid = 0;
    std::string comm;     // As the kernel has it: `name` is made anew only when it changes.
    std::string name;     // Reduced.
    std::string implied;  // The pool's name that follows; another for kernel threads.
    std::string pool;     // The same, unless the service registered the thread.
    Pool* at = nullptr;   // Where `pool` is, as long as pools_forgotten_ is at_forgotten.
    std::uint64_t at_forgotten = 0;
    PoolCounters high;
    Clock::Duration loop_ran{};
    EventLoop loop;
    std::uint64_t seen = 0;
  };
  struct Process {
    std::string label;
    pid_t pid_inner = 0;
    bool kernel = false;
    bool registered = false;
    std::uint64_t seen = 0;
  };
  // Threads of one name that are not in the reading any more, and whose end the source has not told
  // yet: what it will say beyond `counted` is news.
  struct Gone {
    std::string pool;  // Empty: the one that the name implies.
    PoolCounters counted;
    std::uint64_t reading = 0;
  };

  void BeginReading(const HostReading& reading);
  void NameProcesses(const HostReading& reading, std::span<const Registration> registered);
  void AddThreads(const HostReading& reading, std::span<const Registration> registered);
  bool NamePool(Thread& thread, const ThreadSample& sample, const Registration* registration);
  void AddThread(const ThreadSample& sample, const Registration* registration);
  void AddExited(const HostReading& reading);
  absl::flat_hash_map<pid_t, std::vector<Gone*>> GoneUnderAnotherName(const HostReading& reading);
  WaitReason ReasonOf(const ThreadSample& sample, const Pool& pool, PoolCounters& increment) const;
  void WatchLoop(const ThreadSample& sample, const PoolCounters& increment, Thread& thread,
                 Pool& pool) const;
  void AddPeers(const HostReading& reading);
  void AddWaitSums(const HostReading& reading);
  void FillDetail(const Pool& pool, PoolRow& row) const;
  // Whether the reading says something of the process, and be it that it is gone.
  bool IsRead(pid_t tgid) const;
  void Forget();
  void Count(Pool& pool, const PoolCounters& increment);
  Pool& PoolAt(pid_t tgid, std::string_view name);
  static void NamePool(Pool& pool, const Process& process);
  std::vector<PoolRow> Rows();

  const Options options_;
  std::uint64_t reading_ = 0;
  Clock::Time taken_at_;
  double cpu_idle_fraction_ = 0;
  bool partial_ = false;         // The reading is of registered processes only.
  bool partial_before_ = false;  // As was the one before.
  Clock::Duration between_{};    // This reading and the one before.
  Clock::Duration on_cpu_{};     // Of everything, in this reading.
  absl::flat_hash_map<ThreadKey, Thread> threads_;
  absl::flat_hash_map<pid_t, Process> processes_;
  std::map<PoolKey, Pool> pools_;
  absl::flat_hash_map<std::pair<pid_t, std::uint32_t>, Pool*> pool_of_number_;  // In this reading.
  std::uint64_t pools_forgotten_ = 0;            // When it changes, pointers to pools end.
  std::map<PoolKey, Gone> gone_;                 // By process and reduced name; likewise below.
  std::map<PoolKey, std::string> pool_of_name_;  // Where registered threads of that name are.
};

}  // namespace loadline::agent
