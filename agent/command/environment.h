// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

namespace loadline::cli {

// A variable of the process's environment; nullopt: not set.
std::optional<std::string> Environment(const std::string& name);

}  // namespace loadline::cli
