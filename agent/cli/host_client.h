// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "loadline/v1/host.pb.h"

namespace loadline::cli {

// The first snapshot that the agent sends, of the processes called `process` or of all. Its socket
// is `socket_flag` if that is not empty, else LOADLINE_SOCKET, else agent.sock in the default
// runtime directory. kUnavailable, with what to do: nobody answers there; kPermissionDenied: not
// for this user.
absl::StatusOr<v1::PoolsSnapshot> FetchPools(const std::string& socket_flag,
                                             const std::string& process);

}  // namespace loadline::cli
