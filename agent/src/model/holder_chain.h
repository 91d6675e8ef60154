// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <span>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "agent/src/sampler/thread_sample.h"

namespace loadline::agent {

// Who holds a lock, and what keeps the holder: at the end of the chain holder, holder of what that
// one waits for, and so on.
struct HolderEnd {
  enum class What : std::uint8_t {
    kUnknown,  // The holder is in no reading, or waits for what says nothing.
    kRuns,     // Or is queued for a CPU.
    kRests,    // It polls, accepts or waits for work: it keeps the lock on purpose.
    kSleeps,   // A timer.
    kWaits,    // For `end->reason`.
    kLoop,     // The chain comes back to itself: nobody will go on.
  };
  What what = What::kUnknown;
  const ThreadSample* holder = nullptr;  // Of the first lock; null: not in the reading.
  const ThreadSample* end = nullptr;     // Where the chain ends; of a loop: a member.
};

// Follows the holders of locks through one reading.
//
// Threads are looked up only if some lock has a holder, then once: 30 ns per thread of the host.
// The reading must outlive it. Thread safety: none.
class HolderChains {
 public:
  // Longer chains are not followed: who is at their end is not known.
  static constexpr int kLinksMax = 16;

  // `wanted`: threads are to be found though no wait in progress has a holder.
  explicit HolderChains(std::span<const ThreadSample> threads, bool wanted = false);

  // Of the lock that `waiter` waits for; it must have a holder.
  HolderEnd EndOf(const ThreadSample& waiter) const;
  // Null: not in the reading, or nobody holds anything.
  const ThreadSample* Find(pid_t tid) const;

 private:
  absl::flat_hash_map<pid_t, const ThreadSample*> by_tid_;
};

}  // namespace loadline::agent
