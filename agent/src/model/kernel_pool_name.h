// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace loadline::agent {

// What a pool of kernel threads is called: the part that says what they do. "kworker/u4:2" gives
// "kworker"; by PoolName() alone the kernel would bring some fifty pools that nobody asked for.
std::string KernelPoolName(std::string_view thread);

}  // namespace loadline::agent
