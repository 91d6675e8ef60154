// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "agent/cli/deep/wait_text.h"

namespace loadline::cli {

// How the parts of a wait-for graph are called, in all forms of output.

inline constexpr std::string_view kInterrupt = "interrupt";

// Names are data: control characters become '?'.
std::string Plain(std::string text);
// "orders[712] worker-*"; "kernel kworker/*".
std::string PoolName(const agent::WaitPool& pool);
std::string WakerName(const std::optional<agent::WaitPool>& waker);
// Why it ended before its time; "" when it did not.
std::string StopText(agent::WaitStop stop, const WaitReport& report);
std::string_view StopName(agent::WaitStop stop);

}  // namespace loadline::cli
