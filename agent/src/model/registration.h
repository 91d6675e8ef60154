// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"

namespace loadline::agent {

// What a process told about itself: whose names win over those that its threads imply.
struct Registration {
  pid_t tgid = 0;
  std::string service;
  std::vector<std::string> pools;  // Those without threads included.
  absl::flat_hash_map<pid_t, std::string> pool_of_inner_tid;
};

}  // namespace loadline::agent
