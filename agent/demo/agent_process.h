// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent/demo/child_process.h"
#include "loadline/clock.h"

namespace loadline::demo {

// `loadline agent` beside the demo, on its usual port if that is free, else on any.
class AgentProcess {
 public:
  // Returns when the agent serves. kFailedPrecondition: it could not start; the message is its own,
  // with the fix.
  static absl::StatusOr<AgentProcess> Start(const ChildContext& context);

  std::filesystem::path self_socket() const { return runtime_dir_ / "self.sock"; }
  std::filesystem::path host_socket() const { return runtime_dir_ / "agent.sock"; }
  const std::string& http_address() const { return http_address_; }
  std::string metrics_url() const { return "http://" + http_address_ + "/metrics"; }
  pid_t pid() const { return process_.pid(); }

  absl::Status CheckAlive() { return process_.CheckAlive(); }

 private:
  AgentProcess(ChildProcess process, std::filesystem::path runtime_dir, std::string http_address)
      : process_(std::move(process)),
        runtime_dir_(std::move(runtime_dir)),
        http_address_(std::move(http_address)) {}

  ChildProcess process_;
  std::filesystem::path runtime_dir_;
  std::string http_address_;
};

}  // namespace loadline::demo
