// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <span>
#include <vector>

#include "absl/status/status.h"
#include "agent/src/sampler/proc_account.h"
#include "agent/src/sampler/proc_reader.h"

namespace loadline::agent {

// One thread as something else than /proc saw it.
struct LookedThread {
  pid_t tgid = 0;
  pid_t tid = 0;
  ProcLook look;
  ProcThreadFacts facts;
};

// Looks at threads in one go, where that is cheaper than, and sees more than, reading /proc.
//
// Thread safety: none.
class ThreadLooker {
 public:
  virtual ~ThreadLooker() = default;

  // Replaces `out` by the threads of these processes; of the whole host if `tgids` is empty.
  virtual absl::Status Look(std::span<const pid_t> tgids, std::vector<LookedThread>& out) = 0;

  // Fills in doors, connections and losses of theirs, of a reading of the host.
  virtual void ReadDoors(HostReading&) {}
};

}  // namespace loadline::agent
