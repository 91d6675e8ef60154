// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "agent/src/daemon/config.h"
#include "agent/src/sampler/source.h"
#include "loadline/clock.h"

namespace loadline::agent {

// The whole agent: it serves from Start() until it is destroyed.
//
// Errors of Start(): kAlreadyExists, kUnavailable, kFailedPrecondition, kPermissionDenied for what
// the machine lacks, with the way out; kInvalidArgument for a path that cannot be.
class Agent {
 public:
  struct Options {
    Config config;  // With a runtime_dir.
    std::string version;
  };

  // `clock` must outlive the agent.
  static absl::StatusOr<std::unique_ptr<Agent>> Start(const Options& options,
                                                      std::unique_ptr<Source> source,
                                                      const Clock& clock);
  ~Agent();
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;

  // One line: what listens where, and how it measures.
  std::string Describe() const;

 private:
  struct Parts;
  explicit Agent(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace loadline::agent
