// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace loadline::agent {

// The paths of a process's control groups, "/system.slice/shop.service", by whose limits hold it
// back. With version 2 they are one. Empty: the root, or not known.
struct ControlGroups {
  std::string cpu;
  std::string memory;
  std::string freezer;
};

// From the text of /proc/PID/cgroup.
ControlGroups ParseControlGroups(std::string_view text);

}  // namespace loadline::agent
