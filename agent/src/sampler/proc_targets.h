// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "agent/src/sampler/proc_fs.h"
#include "agent/src/sampler/proc_reason.h"
#include "agent/src/sampler/proc_sockets.h"

namespace loadline::agent {

// The futexes on which the threads of a process are idle, by its own word.
class ProcIdleAddresses {
 public:
  // A pool needs one range. Beyond, somebody leaks.
  static constexpr std::size_t kRangesMax = 64;  // Of one process.

  absl::Status Add(pid_t tgid, std::uint64_t start, std::uint32_t length);
  void Remove(pid_t tgid) { ranges_.erase(tgid); }
  bool Contains(pid_t tgid, std::uint64_t address) const;

 private:
  struct Range {
    std::uint64_t start = 0;
    std::uint32_t length = 0;
  };
  absl::flat_hash_map<pid_t, std::vector<Range>> ranges_;
};

// What the arguments of one thread's call refer to.
class ProcThreadTargets final : public ProcWaitTargets {
 public:
  struct World {
    const ProcFs& proc;
    ProcSockets& sockets;
    const ProcIdleAddresses& idle;
  };
  ProcThreadTargets(const World& world, pid_t tgid, pid_t tid)
      : world_(world), tgid_(tgid), tid_(tid) {}

  ProcWait OfDescriptor(std::uint64_t fd) override;
  ProcWait OfPoll(const ProcCall& call) override;
  ProcWait OfSelect(const ProcCall& call) override;
  bool IsIdleAddress(std::uint64_t futex) override;
  bool IsJvm() override;

 private:
  ProcWait OfSet(const std::vector<int>& fds);

  const World& world_;
  const pid_t tgid_;
  const pid_t tid_;
};

}  // namespace loadline::agent
