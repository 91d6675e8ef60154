// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent/demo/child_process.h"
#include "loadline/clock.h"

namespace loadline::demo {

// What the dependent endpoint waits for: a separate process reached over TCP, whose latency can be
// changed while it runs.
//
// Thread safety: none; see ChildProcess on which thread to start it from.
class Dependency {
 public:
  virtual ~Dependency() = default;  // Stops the process.

  virtual std::string name() const = 0;
  virtual pid_t pid() const = 0;
  virtual std::string address() const = 0;  // "127.0.0.1:5432": the peer that waits will name.

  // The flag by which `orders` finds it.
  virtual std::string OrdersFlag() const = 0;

  // How a user changes the latency by hand.
  virtual std::string LatencyCommand(int ms) const = 0;

  virtual absl::Status SetLatency(Clock::Duration latency) = 0;
  virtual absl::Status CheckAlive() = 0;
};

// The example service `inventory`, over HTTP.
absl::StatusOr<std::unique_ptr<Dependency>> StartInventory(const ChildContext& context);

// A PostgreSQL cluster of the demo's own, on a free port of the loopback; the latency is a row that
// `orders` sleeps for with pg_sleep.
absl::StatusOr<std::unique_ptr<Dependency>> StartPostgres(const ChildContext& context);

}  // namespace loadline::demo
