// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "loadline/v1/host.pb.h"

namespace loadline::cli {

// What `loadline pools -v` says of a pool below its row: how long waits last, the futexes that
// threads wait on, who had the CPU meanwhile. Some indented lines; none where nothing is known.
std::string PoolDetail(const v1::Pool& pool);

}  // namespace loadline::cli
