// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "loadline/mode.h"

namespace loadline::detail {

// All that the SDK reads from the environment: the switches for whoever operates a service and
// cannot change its code.
//
// Not safe against a concurrent setenv(), like getenv() itself.

// LOADLINE_MODE: the mode of every limiter created from now on. nullopt: unset or empty.
// kInvalidArgument: not the name of a mode.
absl::StatusOr<std::optional<Mode>> ModeFromEnvironment();

// Where the agent may listen, best first: LOADLINE_SOCKET alone if it is set, else
// /run/loadline/self.sock and $XDG_RUNTIME_DIR/loadline/self.sock.
std::vector<std::string> AgentSocketPaths();

}  // namespace loadline::detail
