// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "agent/src/kernel/watch_schedule.h"
#include "agent/src/sampler/source.h"

namespace loadline::agent {

// Threads as the kernel's probes count them: exact, with the reason of each wait.
//
//     absl::StatusOr<std::unique_ptr<Source>> source = BpfSource::Create();
//     if (!source.ok()) { ... source.status().message() says what is missing and how to mend it ...
//     }
//
// The price: docs/kernel.md. The probes stay attached for as long as the source lives.
//
// Errors of Create(): kPermissionDenied, no privilege; kFailedPrecondition, the kernel lacks
// something; kInvalidArgument, an option out of range; kUnavailable, the kernel refused the
// programs.
class BpfSource {
 public:
  struct Options {
    // Threads that can be told apart at once, the exited not counted; 64..1,048,576. 256 bytes of
    // kernel memory each: 8 MiB by default. One more is counted as the loss "slots_full".
    int threads_max = 32768;
    // Receives what libbpf has to say, line by line. Null: only errors are kept, for the status.
    void (*log)(std::string_view line) = nullptr;
    // False, for tests: no event says that a thread began, took a name or another program, as if
    // the kernel left out each. Readings find out.
    bool thread_events = true;
    // False, for tests of what a process's own threads are: none of ours looks who holds locks.
    bool lock_holders = true;
    // When wakes are watched, of what WatchWakes() asks for; tests have less time.
    WatchOptions watch = {};
  };

  static absl::StatusOr<std::unique_ptr<Source>> Create();
  static absl::StatusOr<std::unique_ptr<Source>> Create(const Options& options);
};

}  // namespace loadline::agent
