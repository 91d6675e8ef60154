// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent/demo/child_process.h"
#include "agent/demo/scenario.h"
#include "loadline/clock.h"

namespace loadline::demo {

// The service under load: the example program `orders`.
class Service {
 public:
  struct Options {
    RunMode mode = RunMode::kFixed;
    std::string dependency_flag;  // Dependency::OrdersFlag().
    std::filesystem::path agent_socket;
  };

  static absl::StatusOr<Service> Start(const Options& options, const ChildContext& context);

  pid_t pid() const { return process_.pid(); }
  const std::string& address() const { return address_; }

  absl::Status CheckAlive() { return process_.CheckAlive(); }

 private:
  Service(ChildProcess process, std::string address)
      : process_(std::move(process)), address_(std::move(address)) {}

  ChildProcess process_;
  std::string address_;
};

}  // namespace loadline::demo
