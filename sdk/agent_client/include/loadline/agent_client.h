// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "loadline/clock.h"
#include "loadline/signal_source.h"
#include "loadline/steady_clock.h"

namespace loadline {

struct AgentClientOptions {
  // The service's name, a label of its metrics; 1 to 63 characters.
  std::string service{};

  // The agent's self socket. Empty: LOADLINE_SOCKET, else the first of /run/loadline/self.sock and
  // $XDG_RUNTIME_DIR/loadline/self.sock that exists; looked for again at each attempt.
  std::string socket{};

  const Clock* clock =
      &SteadyClock::Get();  // CLOCK_MONOTONIC but in tests. Must outlive the client.
};

// Where the connection to the agent stands.
struct AgentConnection {
  bool connected = false;           // The agent has welcomed us.
  std::string socket{};             // Last tried; empty: none was found.
  std::string source{};             // How the agent measures: "bpf". Of the last welcome.
  std::string error{};              // Why the last attempt failed, one line.
  std::int64_t sessions_total = 0;  // Welcomes.
};

// Connects a process to the agent on its host: registers pools with their threads, reports where
// limiters and pools stand, and hears what the kernel counted for them.
//
//     auto client = loadline::AgentClient::Start({.service = "orders"});
//     auto control = loadline::ControlThread::Start({.stream = client->get()});
//
// The agent informs and never decides: absent, dead, slow or wrong, it costs the process nothing
// but this source of signals. The client looks for it again by itself, after 100 ms at first (where
// a session lasted for 2 s) and after 2 s at most, each with jitter so that a restarted agent is
// not met by all at once.
//
// Starts two threads, and gRPC starts its own. They block all signals.
//
// After fork() the session is the parent's: the child may destroy its copy, and nothing else.
//
// Thread safety: any. No member waits for the agent, the destructor neither.
//
// Errors: none after Start().
class AgentClient final : public SignalSource {
 public:
  // kInvalidArgument: the service's name. Does not wait for the agent, nor mind if there is none.
  static absl::StatusOr<std::unique_ptr<AgentClient>> Start(const AgentClientOptions& options);

  AgentClient(const AgentClient&) = delete;
  AgentClient& operator=(const AgentClient&) = delete;
  ~AgentClient() override;

  AgentConnection connection() const;

  // SignalSource, for a ControlThread.
  SignalStep step() const override { return SignalStep::kStream; }
  std::optional<Signal> Read(std::string_view pool, Clock::Time now) override;
  void AddPool(ThreadPool& pool) override;
  void RemovePool(ThreadPool& pool) override;
  void AddLimiter(Limiter& limiter) override;
  void RemoveLimiter(Limiter& limiter) override;

 private:
  class Impl;
  explicit AgentClient(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace loadline
