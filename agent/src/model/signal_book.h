// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "agent/src/model/registration.h"
#include "agent/src/sampler/thread_sample.h"
#include "loadline/signal.h"

namespace loadline::agent {

// Totals of one registered pool since it was registered; they only grow.
struct PoolTotals {
  Clock::Time taken_at;
  int threads = 0;
  PoolCounters counters;
};

// A thread that was found to belong to a pool: what the kernel side wants to be told.
struct PoolMember {
  pid_t tid = 0;
  std::uint32_t pool = 0;  // > 0, the same for all threads of the pool and for no other pool.
};

// The signals of registered processes, from readings of their threads only.
//
// Thread safety: none. The owner serializes calls.
class SignalBook {
 public:
  using Pools = std::map<std::string, PoolTotals, std::less<>>;

  // Folds in one reading of the threads of all `registered` processes. Processes that are no longer
  // among them are forgotten. Returns the threads that are new in their pool.
  std::vector<PoolMember> Update(const HostReading& reading,
                                 std::span<const Registration> registered);

  // Of one process; empty before its first reading.
  Pools PoolsOf(pid_t tgid) const;

 private:
  struct Thread {
    std::uint64_t started_at_ns = 0;
    std::string pool;
    PoolCounters high;
    std::uint64_t seen = 0;
  };
  struct Process {
    Pools pools;
    std::map<std::string, std::uint32_t> numbers;
    absl::flat_hash_map<pid_t, Thread> threads;
    std::uint64_t seen = 0;
  };

  std::uint64_t reading_ = 0;
  std::uint32_t pools_seen_ = 0;
  std::map<pid_t, Process> processes_;
};

}  // namespace loadline::agent
