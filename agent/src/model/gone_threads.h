// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "agent/src/sampler/thread_sample.h"
#include "loadline/signal.h"

namespace loadline::agent {

// Threads that are not in the reading any more, and whose end the source has not told yet: what it
// will say beyond what was counted of them is news. By process and reduced name, as it tells ends.
//
// Thread safety: none.
class GoneThreads {
 public:
  // One reading: who went, then the ends that it tells, then EndReading().
  void BeginReading() { ++reading_; }

  // `counted` of a thread of that name, which was in `pool`.
  void Add(pid_t tgid, const std::string& name, std::string_view pool, const PoolCounters& counted);

  // To be called once, before the ends are settled: where a process has ends to tell under other
  // names than those of its threads that went, they took another name after the reading before.
  void FindRenamed(std::span<const ExitedThreads> exited);

  struct News {
    PoolCounters increment;
    std::string_view pool;  // Empty: the one that the name implies. Valid until EndReading().
  };
  // What the totals of threads of that name have beyond what was counted of them.
  News Settle(pid_t tgid, const std::string& name, const PoolCounters& last);

  void EndReading();

 private:
  using Key = std::pair<pid_t, std::string>;
  struct Gone {
    std::string pool;
    PoolCounters counted;
    std::uint64_t reading = 0;  // When the last of them went.
  };

  std::uint64_t reading_ = 0;
  std::map<Key, Gone> gone_;
  absl::flat_hash_map<pid_t, std::vector<Gone*>> renamed_;  // In this reading.
};

}  // namespace loadline::agent
