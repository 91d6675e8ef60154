// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "loadline/v1/host.pb.h"

namespace CLI {
class App;
}

namespace loadline::cli {

// Which agent is asked, and for what.
struct HostFlags {
  std::string socket;   // Empty: LOADLINE_SOCKET, else agent.sock in the default runtime directory.
  std::string process;  // Only processes of this name. Empty: all.
};

// Adds --process and --socket, which fill `flags`.
void AddHostFlags(CLI::App& command, HostFlags& flags);

// The first snapshot that the agent sends. kUnavailable, with what to do: no agent answers there;
// kPermissionDenied: this user may not ask.
absl::StatusOr<v1::PoolsSnapshot> FetchPools(const HostFlags& flags);

}  // namespace loadline::cli
