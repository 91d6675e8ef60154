// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "loadline/clock.h"
#include "loadline_abi/host.h"

namespace loadline::agent {

// Looks into the memory of other processes from a thread of its own. Such a look may have to wait
// for the lock of an address space or for a page that comes from a disk or from a program, as long
// as that takes; whoever asks waits no longer than its patience.
//
// Thread safety: one thread at a time.
class HolderLooks {
 public:
  // Appends what it finds among the threads of these processes.
  using Walk =
      std::function<absl::Status(std::span<const pid_t> tgids, std::vector<ll_lock_holder>& out)>;

  HolderLooks(Walk walk, Clock::Duration patience);
  // Where a look hangs, its thread is left behind: nobody can end it.
  ~HolderLooks();
  HolderLooks(const HolderLooks&) = delete;
  HolderLooks& operator=(const HolderLooks&) = delete;

  // Empty if this look, or one before it, is not done in time: one more late() then.
  std::vector<ll_lock_holder> Look(std::vector<pid_t> tgids);
  std::uint64_t late() const { return late_; }

 private:
  struct Shared;
  static void Run(const std::shared_ptr<Shared>& shared);

  const Clock::Duration patience_;
  const std::shared_ptr<Shared> shared_;
  std::uint64_t late_ = 0;
};

}  // namespace loadline::agent
