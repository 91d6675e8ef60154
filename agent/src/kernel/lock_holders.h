// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "agent/src/kernel/holder_looks.h"
#include "agent/src/kernel/holder_probe.h"
#include "agent/src/kernel/lock_owners.h"
#include "agent/src/sampler/thread_sample.h"

namespace loadline::agent {

// One thread, and whether it waits for something that somebody may hold.
struct LockThread {
  ThreadNumbers numbers;
  bool waits = false;       // For a lock, as far as its reason tells.
  std::uint64_t futex = 0;  // 0: for one of the kernel's own.
  pid_t owner = 0;          // On the host; 0: not known.
};

LockThread LockThreadOf(const ThreadNumbers& numbers, WaitReason reason, std::uint64_t futex);

// Names who holds the locks that threads wait for.
//
// Thread safety: one thread at a time.
class LockHolders {
 public:
  // Where the kernel refuses the program that looks at waits in progress, and unless `look`, no
  // thread of our own looks at them, and can_look() is false.
  explicit LockHolders(bool look);

  bool can_look() const { return probe_ != nullptr; }

  // The owners of waits in progress, and for each of `words` the thread that it names.
  std::vector<pid_t> Find(std::span<LockThread> threads, std::span<const OwnerWord> words);

  // ThreadSample::lock_owner of a reading, and FutexWaits::owner, which is ll_wait_sum's yet.
  void Fill(HostReading& reading);

  // Totals, by name.
  void AddLosses(std::vector<SourceLoss>& losses) const;

 private:
  const std::shared_ptr<HolderProbe> probe_;  // A look that hangs keeps it.
  const std::unique_ptr<HolderLooks> looks_;  // Null where probe_ is.
  std::uint64_t unknown_ = 0;                 // Words that named nobody.
};

}  // namespace loadline::agent
