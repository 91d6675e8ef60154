// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "loadline/v1/host.pb.h"

namespace loadline::cli {

// Where the agent's host socket is: `flag` if it is not empty, else LOADLINE_SOCKET, else
// agent.sock in the default runtime directory.
absl::StatusOr<std::string> HostSocket(const std::string& flag);

// The first snapshot that the agent at `socket` sends. kUnavailable, with what to do: nobody
// answers there; kPermissionDenied: not for this user.
absl::StatusOr<v1::PoolsSnapshot> FetchPools(const std::string& socket, const std::string& process);

}  // namespace loadline::cli
