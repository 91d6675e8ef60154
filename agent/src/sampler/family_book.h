// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <span>

#include "absl/container/flat_hash_map.h"
#include "agent/src/sampler/container_book.h"
#include "agent/src/sampler/proc_fs.h"

namespace loadline::agent {

// Which processes are one server: a parent, and the workers that it forked and that execute no
// other program. They share the place of their stack, which each program gets at random.
//
// Costs one small file of /proc (10 us) per new process, and again every kReadAgain readings, as a
// process may execute another program.
//
// Thread safety: none.
class FamilyBook {
 public:
  // The second reading of a process is the first of these: a child executes just after its fork.
  static constexpr std::uint64_t kReadAgain = 64;

  explicit FamilyBook(ProcFs proc) : proc_(std::move(proc)) {}

  // To be called once per reading of the host.
  void Update(std::span<const LivingProcess> living);

  // The eldest process of its server that lives: itself where it is the only one, or not known.
  // Valid for the last Update().
  pid_t RootOf(pid_t tgid) const;

 private:
  struct Process {
    std::uint64_t started_at_ns = 0;
    std::uint64_t seen = 0;
    std::uint64_t readings = 0;
    std::uint64_t stack_start = 0;  // 0: may not be looked into.
    pid_t parent = 0;
  };

  void Read(pid_t tgid, Process& process);

  ProcFs proc_;
  std::uint64_t reading_ = 0;
  absl::flat_hash_map<pid_t, Process> processes_;
};

}  // namespace loadline::agent
