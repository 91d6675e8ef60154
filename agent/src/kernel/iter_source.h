// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "agent/src/sampler/source.h"

namespace loadline::agent {

// Threads as a BPF iterator sees them: no program is attached anywhere, so nothing is slower in
// between. What is exact and what is sampled is as for ProcSource, whose pipeline this is; but
// reasons and peers are seen of all processes, whoever owns them, at a tenth of the price.
//
// It lacks what only the switch knows: who had the CPU, histograms, waits between two readings.
//
// Errors of Create(): kPermissionDenied, no privilege; kFailedPrecondition, the kernel lacks
// something; kUnavailable, the kernel refused the program.
class IterSource {
 public:
  // `cpus`: that are online.
  static absl::StatusOr<std::unique_ptr<Source>> Create(int cpus);
};

}  // namespace loadline::agent
