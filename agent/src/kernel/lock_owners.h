// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "loadline_abi/host.h"

namespace loadline::agent {

struct ThreadNumbers {
  pid_t tid = 0;  // In the pid namespace of the agent's host, as `tgid`.
  pid_t tgid = 0;
  pid_t tid_inner = 0;
};

// What stands in a lock that a thread of `tgid` waits for: as ll_wait_sum::owner, or a tid of the
// agent's host if it is one of the kernel's own.
struct OwnerWord {
  pid_t tgid = 0;
  std::uint32_t owner = 0;
  bool of_kernel = false;
};

// Which pid namespace a process lives in, by name; "": not known.
using PidNamespaceOf = std::function<std::string(pid_t tgid)>;
std::string PidNamespaceInProc(pid_t tgid);

// For each word the thread of `threads` that it names, by its tid on the host; 0: none of them. A
// word that processes share may name a thread of any in the pid namespace of the one that waits.
std::vector<pid_t> FindOwners(std::span<const OwnerWord> words,
                              std::span<const ThreadNumbers> threads,
                              const PidNamespaceOf& pid_namespace_of);

}  // namespace loadline::agent
