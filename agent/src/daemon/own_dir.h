// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace loadline::agent {

// Makes the directory with this mode, whatever our umask, where it is missing. kFailedPrecondition,
// with `hint` as the way out: it cannot be had, or somebody but us and root can write in it, who
// could choose by links which files we write and read.
absl::Status MakeOwnDir(const std::string& path, mode_t mode, std::string_view hint);

}  // namespace loadline::agent
