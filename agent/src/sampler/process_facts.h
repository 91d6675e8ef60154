// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string>

#include "agent/src/sampler/proc_fs.h"

namespace loadline::agent {

// What a process is called, which its first thread says even after it has ended.
struct ProcessFacts {
  std::string name;     // Empty: not known.
  pid_t pid_inner = 0;  // As the process itself sees it; 0: not known.
};

// Costs two small files, 20 us.
ProcessFacts ReadProcessFacts(const ProcFs& proc, pid_t tgid);

}  // namespace loadline::agent
