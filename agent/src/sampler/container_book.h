// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "agent/src/sampler/control_groups.h"
#include "agent/src/sampler/proc_fs.h"

namespace loadline::agent {

// A process of the host in one reading.
struct LivingProcess {
  pid_t tgid = 0;
  std::uint64_t started_at_ns = 0;  // Of its first thread, with the pid the identity; 0: it ended.
};

// Which container or unit each process of the host belongs to, whatever source its threads came
// from: its name is as ContainerName() has it.
//
// Costs one small file of /proc (10 us) per new process, and again every kReadAgain readings, as a
// process may be moved: each runtime and each service manager starts one in its own cgroup.
//
// Thread safety: none.
class ContainerBook {
 public:
  // The second reading of a process is the first of these: a child is moved just before exec.
  static constexpr std::uint64_t kReadAgain = 64;
  // Readings for which a process that is gone is remembered: its pools are shown that long.
  static constexpr std::uint64_t kGoneMax = 4;

  explicit ContainerBook(ProcFs proc) : proc_(std::move(proc)) {}

  // To be called once per reading of the host.
  void Update(std::span<const LivingProcess> living);

  // Empty: none, or not known. Valid until the next Update().
  std::string_view Of(pid_t tgid) const;
  // Likewise its control groups.
  ControlGroups GroupsOf(pid_t tgid) const;

 private:
  struct Process {
    std::uint64_t started_at_ns = 0;
    std::uint64_t seen = 0;  // The last reading with it.
    std::uint64_t readings = 0;
    std::string container;
    ControlGroups groups;
  };

  ProcFs proc_;
  std::uint64_t reading_ = 0;
  absl::flat_hash_map<pid_t, Process> processes_;
};

}  // namespace loadline::agent
