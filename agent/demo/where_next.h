// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "absl/status/status.h"

namespace loadline::demo {

struct Places {
  std::string http_address;  // Of the agent.
  std::filesystem::path work_dir;
  std::filesystem::path dashboards;  // Boards and provisioning; empty: not found.
  std::string slow_command;          // Makes the dependency slow, and
  std::string usual_command;         // quick again.
};

// What to try after the demo, with `program` for this one, and `--keep`: what to try while it goes
// on. Pure.
std::string WhereNext(const std::string& program);
std::string WhereNextKept(const Places& places);

// work_dir/prometheus.yml, which scrapes the agent.
absl::Status WritePrometheusConfig(const Places& places);

}  // namespace loadline::demo
