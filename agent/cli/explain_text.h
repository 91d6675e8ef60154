// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "loadline/v1/host.pb.h"

namespace loadline::cli {

// Of each pool that something holds back: what, how sure that is, the figures that decided, and
// what to do about it. With `all`, also of those that are healthy, idle or limited by demand.
std::string ExplainText(const v1::PoolsSnapshot& snapshot, bool all);

}  // namespace loadline::cli
