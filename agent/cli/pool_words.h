// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "loadline/v1/host.pb.h"

namespace loadline::cli {

// What most of its waiting threads wait for: "196 network (10.0.0.5:5432), 3 lock", "8 stopped
// (freezer)".
std::string WaitsText(const v1::Pool& pool);

// Lines that end a view: the host's CPUs, how it was measured, and what that leaves out.
std::string SourceText(const v1::PoolsSnapshot& snapshot);

}  // namespace loadline::cli
