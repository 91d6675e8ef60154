// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "agent/src/sampler/proc_account.h"
#include "agent/src/sampler/proc_cgroup.h"
#include "agent/src/sampler/proc_fs.h"

namespace loadline::agent {

// One thread that was read, with what it is split by.
struct ProcQueued {
  ProcAccount* account = nullptr;
  Clock::Duration* quota_credit = nullptr;  // Kept with the thread.
  pid_t tgid = 0;
  std::string pool;
};

// Estimates why threads waited for a CPU.
//
// Throttled: cpu.stat has the time in which CPUs were held back; divided by the CPUs that the
// cgroup's threads can have been on, it is what each of them waited at most. A wait for a CPU that
// is open in a cgroup that was throttled lately is taken for throttled, on credit.
//
// Of the rest, own: the part that the other threads of the pool had in what all CPUs of the host
// did. It is right where threads may run on any CPU, and too small for a pool that is bound to
// some.
class ProcSplit {
 public:
  ProcSplit(const ProcFs& proc, int cpus);

  // Books the run-queue time of every thread in `queued`: those that ran or waited, of the
  // processes `read`. All threads of a process come together.
  void Book(const std::vector<ProcQueued>& queued, const absl::flat_hash_set<pid_t>& read);
  void Forget(pid_t tgid) { processes_.erase(tgid); }

 private:
  struct Process {
    Clock::Duration busy{};       // Of all CPUs, when it was read last.
    Clock::Duration throttled{};  // Of its cgroup.
    Clock::Duration throttled_new{};
    Clock::Duration throttled_before{};  // New in the reading before.
    Clock::Duration busy_new{};
    std::string cgroup;
    bool seen = false;  // Once, at least.
  };

  Clock::Duration ReadBusy() const;
  void ReadQuota(pid_t tgid, Process& process);
  Clock::Duration Throttled(const ProcQueued& thread, const Process& process, int cpus_used);

  const ProcFs& proc_;
  const int cpus_;
  const Clock::Duration tick_;
  ProcThrottling throttling_;
  absl::flat_hash_map<pid_t, Process> processes_;
};

}  // namespace loadline::agent
