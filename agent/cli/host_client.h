// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "loadline/v1/host.pb.h"
#include "loadline/v1/report.pb.h"

namespace CLI {
class App;
}

namespace loadline::cli {

// Which agent is asked, and for what.
struct HostFlags {
  std::string socket;  // Empty: LOADLINE_SOCKET, else agent.sock in the default runtime directory.
  std::string name;    // Only pools that are called so. Empty: all.
};

// Adds NAME, which --process says too (as scripts do), and --socket. They fill `flags`.
void AddHostFlags(CLI::App& command, HostFlags& flags);

// The first snapshot that the agent sends. kUnavailable, with what to do: no agent answers there;
// kPermissionDenied: this user may not ask; kNotFound: nothing is called flags.name.
absl::StatusOr<v1::PoolsSnapshot> FetchPools(const HostFlags& flags);

// What holds the host back. Errors as above, with request.name(); kInvalidArgument: the agent has
// no window that held the time asked for.
absl::StatusOr<v1::Report> FetchReport(const HostFlags& flags, const v1::ExplainRequest& request);

}  // namespace loadline::cli
