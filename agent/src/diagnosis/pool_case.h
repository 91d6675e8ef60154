// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "agent/src/diagnosis/severity.h"
#include "agent/src/model/longest_wait.h"
#include "agent/src/model/lost_time.h"
#include "agent/src/model/pool_book.h"
#include "agent/src/model/pool_row.h"
#include "agent/src/sampler/door.h"
#include "loadline/clock.h"

namespace loadline::agent {

// What one pool of one service lost its time to in a window. A service is a server with all its
// worker processes.
struct PoolCase {
  std::string process;
  std::string container;
  ControlGroups groups;
  std::string pool;
  std::vector<pid_t> pids;  // The eldest first.
  bool registered = false;
  ThreadCounts threads;  // Now.
  int free = 0;          // Now: they would take work.
  Clock::Duration window{};
  double active = 0;  // Threads that did not rest, on average; likewise below.
  double rested = 0;
  std::vector<LostPart> parts;  // Most time first.
  Severity severity = Severity::kAmple;
  Clock::Duration severity_for{};
  SeverityFacts facts;
  std::vector<Door> doors;           // Of its processes.
  std::uint64_t drops = 0;           // At those, in the window.
  std::uint32_t queue = 0;           // Now: at the doors, or in its own queue.
  std::vector<LongestWait> longest;  // Of the last half hour: one for each cause.
  Look last;                         // Of its processes, the newest reading alone.

  double ShareOf(Cause cause) const;
  double ThreadsOf(Cause cause) const { return ShareOf(cause) * active; }
  // The largest part of a cause, one with a name if it is not much smaller; null: none.
  const LostPart* Most(Cause cause) const;
};

// Adds one look to the counts of a case, and what is at its doors.
void AddLook(const Look& look, PoolCase& one);

// Cases of all pools of a host, from reading to reading.
//
// Thread safety: none.
class CaseBook {
 public:
  struct Input {
    Clock::Time at;
    std::span<const PoolRow> rows;
    std::span<const PoolAndEvidence> evidence;
    std::span<const Door> doors;
    std::function<pid_t(pid_t)> root_of;
  };
  std::vector<PoolCase> Update(const Input& input);

 private:
  using Key = std::tuple<pid_t, std::string, std::string>;  // Root, pool, container.
  struct Lasting {
    Severity severity = Severity::kAmple;
    Clock::Time since;
    std::uint64_t seen = 0;
  };
  std::uint64_t reading_ = 0;
  std::map<Key, Lasting> lasting_;
};

}  // namespace loadline::agent
