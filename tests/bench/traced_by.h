// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/bench/program_cost.h"

namespace loadline::bench {

// Something that traces the scheduler for as long as it lives, and the programs it brought.
class Tracer {
 public:
  virtual ~Tracer() = default;
  const std::vector<std::uint32_t>& programs() const { return programs_; }

 protected:
  std::vector<std::uint32_t> programs_;
};

// A program that does nothing: what each run costs before it has done anything.
absl::StatusOr<std::unique_ptr<Tracer>> TraceByNothing();

// Loadline's probes with some of their features (enum ll_feature). `registered`: a process that has
// a ledger of its own; 0: none has.
absl::StatusOr<std::unique_ptr<Tracer>> TraceByLoadline(std::uint32_t features, pid_t registered);

// Other people's tools, started as programs of their own and run all at once; their output is
// thrown away. They are stopped with SIGINT. kNotFound: one is not installed; kUnavailable: one did
// not attach anything within ten seconds.
absl::StatusOr<std::unique_ptr<Tracer>> TraceByTools(std::span<const std::string> tools,
                                                     const ProgramStats& stats);

}  // namespace loadline::bench
