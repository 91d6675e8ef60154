// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent/src/publish/http_server.h"
#include "agent/src/sampler/detail.h"

namespace loadline::agent {

struct Config {
  HttpAddress listen = {.host = "127.0.0.1", .port = 9435};
  std::string runtime_dir;      // Empty: by DefaultRuntimeDir().
  std::string state_dir;        // Empty: the past ends with the agent.
  std::string source = "auto";  // Or "bpf", "iter" or "proc".
  std::chrono::milliseconds refresh{1000};
  std::size_t series_max = 10'000;
  std::size_t pools_max = 200;
  double budget_cpu = 0.01;  // Of one CPU for the agent, of all for the probes; 0: no budget.
  Detail detail;
  std::string log_level = "info";

  friend bool operator==(const Config&, const Config&) = default;
};

// One key: the same in the file, in the environment as LOADLINE_<KEY>, and as flag --<key> with
// hyphens.
struct Setting {
  std::string_view key;
  std::string form;  // What a value looks like, for --help.
  std::string rule;  // What a value must be.
  std::string help;
  std::function<bool(std::string_view value, Config& config)> apply;  // False: against the rule.

  std::string environment_name() const;
  std::string flag_name() const;
};

// All keys, in the order of the documentation.
std::span<const Setting> Settings();

// A key that was given on the command line.
struct GivenFlag {
  const Setting* setting = nullptr;
  std::string value;
};

struct ConfigInputs {
  std::optional<std::string> file;
  std::function<std::optional<std::string>(const std::string& name)> environment;
  std::vector<GivenFlag> flags;
};

// File, then environment, then flags: the later wins. Other variables named LOADLINE_... are left
// alone: they are meant for the SDK and for clients.
//
// Errors: kInvalidArgument, in one line, with file and line, variable or flag, and the rule.
absl::StatusOr<Config> LoadConfig(const ConfigInputs& inputs);

}  // namespace loadline::agent
