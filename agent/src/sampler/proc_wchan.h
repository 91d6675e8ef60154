// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "loadline/wait_reason.h"

namespace loadline::agent {

// What a thread waits for by the kernel function that it waits in, as "wchan" names it. Names
// change between kernels: the table holds those of 5.10 to 6.18, and an unknown one is nullopt.
std::optional<WaitReason> ReasonOfFunction(std::string_view function);

}  // namespace loadline::agent
