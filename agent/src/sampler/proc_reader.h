// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>

#include "agent/src/sampler/proc_account.h"
#include "agent/src/sampler/proc_freezer.h"
#include "agent/src/sampler/proc_fs.h"
#include "agent/src/sampler/proc_targets.h"
#include "agent/src/sampler/thread_name.h"
#include "loadline/clock.h"

namespace loadline::agent {

// What one thread is, beside its counters.
struct ProcThreadFacts {
  ThreadName name;
  bool kernel = false;
  std::uint64_t started_at_ns = 0;
  std::uint64_t image = 0;  // Another for each program that it executes; 0: not known.
  bool reason_readable = true;
};

// Reads the files of one thread.
class ProcReader {
 public:
  // Both outlive the reader.
  ProcReader(ProcFs& proc, const Clock& clock);

  // nullopt: the thread is gone, or dead and not yet buried.
  struct Result {
    ProcLook look;
    std::optional<ProcThreadFacts> facts;  // Absent: nothing but `look.at` differs from `last`.
  };
  std::optional<Result> Read(pid_t tgid, pid_t tid, const ProcLook* last);

  void BeginReading(bool fresh) {
    sockets_.BeginReading(fresh);
    freezer_.BeginReading();
  }
  ProcIdleAddresses& idle() { return idle_; }

 private:
  void ReadWait(pid_t tgid, pid_t tid, char state, Result& result);

  ProcFs& proc_;
  const Clock& clock_;
  const std::uint64_t tick_ns_;
  ProcSockets sockets_;
  ProcIdleAddresses idle_;
  ProcFreezer freezer_;
};

}  // namespace loadline::agent
