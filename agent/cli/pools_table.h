// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "loadline/v1/host.pb.h"

namespace loadline::cli {

// One line per pool, in the order of the snapshot, under a line of headings. `verbose`: with
// PoolDetail() below each.
std::string PoolsTable(const v1::PoolsSnapshot& snapshot, bool verbose);

}  // namespace loadline::cli
