// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace loadline::agent {

// The counters of one process's threads, in memory that this process may map too: see
// loadline_abi/ledger.h.
struct Ledger {
  int fd = -1;  // Ours to keep: valid until the ledger is replaced or closed.
  std::uint32_t slots = 0;
  std::uint32_t generation = 0;  // From 1 on; of each process.
};

// Keeps the ledgers of registered processes. Threads move into a ledger and out of it with all they
// have counted, and are read like all others.
//
// Thread safety: any thread. Open(), Replace() and Close() wait for the kernel, some 20 ms each.
class Ledgers {
 public:
  virtual ~Ledgers() = default;

  // When it returns, all threads of the process are in its ledger, and so will be those to come.
  //
  // Errors: kNotFound, no such process; kAlreadyExists; kResourceExhausted, there are too many, or
  // their arrays are too large; kInternal, the kernel refused.
  virtual absl::StatusOr<Ledger> Open(pid_t tgid) = 0;

  // A larger one, for a process whose ledger is full or will soon be. The old one is empty then.
  virtual absl::StatusOr<Ledger> Replace(pid_t tgid) = 0;

  // Threads go back to where they were; nothing happens where nothing is open.
  virtual void Close(pid_t tgid) = 0;

  enum class Need {
    kNothing,
    kRoom,   // To be replaced.
    kClose,  // It executed another program: who registered is no more.
  };
  virtual Need NeedOf(pid_t tgid) = 0;

  // Tells all who map a ledger that somebody keeps it: ten times a second. Never waits for the
  // others.
  virtual absl::Status ShowAlive() = 0;

  // Takes away what was closed while threads were still on their way out of it: now and then.
  virtual void Clean() = 0;

  // Of all that are open. Does not wait for the kernel.
  virtual std::vector<pid_t> Processes() const = 0;

  struct Use {
    std::size_t processes = 0;
    std::size_t bytes = 0;  // Of all arrays, as the kernel counts memory.
  };
  virtual Use use() const = 0;
};

}  // namespace loadline::agent
