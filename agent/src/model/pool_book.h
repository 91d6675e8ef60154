// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "agent/src/model/home_condition.h"
#include "agent/src/model/peer_book.h"
#include "agent/src/model/pool_evidence.h"
#include "agent/src/model/pool_row.h"
#include "agent/src/model/process_book.h"
#include "agent/src/model/wait_book.h"

namespace loadline::agent {

// One pool of one process, or of the kernel.
struct Pool {
  PoolRow row;            // Without peers, futexes and neighbours.
  std::string_view name;  // As it was asked for; the row calls the unnamed "other".
  PeerBook peers;
  HomeCondition home;
  PoolEvidence evidence;
  WaitBook<std::uint64_t> futexes;
  WaitBook<std::string> neighbours;        // By name.
  Clock::Duration siblings{};              // In this reading, behind processes of the same server.
  int members = 0;                         // Threads that are remembered as being in it.
  std::uint64_t seen = 0;                  // The last reading in which it had some.
  std::pair<pid_t, std::uint32_t> number;  // Told last in this reading.
};

// A pool of the last reading, for a diagnosis.
struct PoolAndEvidence {
  const PoolRow* row = nullptr;
  const PoolEvidence* evidence = nullptr;
};

// The pools of all processes: what they counted, and what they do in this reading.
//
// Threads of the kernel are of one process with pid 0.
//
// Thread safety: none. A Pool stays where it is until Forget() takes it, which it never does while
// it has members.
class PoolBook {
 public:
  static constexpr pid_t kKernelPid = 0;

  void BeginReading(Clock::Time at, Clock::Duration span);

  // Null `process`: it came and went between two readings, and its threads are all that is known.
  Pool& At(const Process* process, pid_t tgid, std::string_view name);
  // Null: there is none.
  Pool* Find(pid_t tgid, const std::string& name);

  // A thread of the pool, of process `tgid`, has the source's `number` for pools.
  void AddNumber(pid_t tgid, std::uint32_t number, Pool& pool);
  // Null: no pool of the process has a thread with that number in this reading.
  Pool* OfNumber(pid_t tgid, std::uint32_t number) const;

  // A thread of the pool is in this reading.
  void See(Pool& pool) const { pool.seen = reading_; }

  // Ends the reading, `peers`: the peers of pools too, and shows those that it says something of,
  // with at most so many peers, futexes and neighbours each; peers and neighbours beyond are added
  // up. `before_end` is called for each that is read, once its peers are known.
  std::vector<PoolRow> EndReading(bool peers, const ProcessBook& processes, std::size_t most,
                                  const std::function<void(pid_t, Pool&)>& before_end);

  void Forget(const ProcessBook& processes);

  // Each pool, while the kernel's own are left out.
  std::vector<PoolAndEvidence> Evidence(const ProcessBook& processes) const;
  template <typename Function>
  void ForEach(Function function) {
    for (auto& [key, pool] : pools_) {
      function(key.first, pool);
    }
  }
  template <typename Function>
  void ForEach(Function function) const {
    for (const auto& [key, pool] : pools_) {
      function(key.first, pool);
    }
  }

 private:
  using Key = std::pair<pid_t, std::string>;

  std::uint64_t reading_ = 0;
  Clock::Time at_;
  Clock::Duration span_{};
  std::map<Key, Pool> pools_;
  absl::flat_hash_map<std::pair<pid_t, std::uint32_t>, Pool*> of_number_;  // In this reading.
};

}  // namespace loadline::agent
