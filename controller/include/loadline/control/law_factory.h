// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "loadline/control/control_law.h"
#include "loadline/control/option.h"

namespace loadline::control {

// A law by its name, with options as data:
//
//     absl::StatusOr<std::unique_ptr<ControlLaw>> law =
//         MakeLaw("kernel", {{"limit_max", 500}});
//
// Errors: InvalidArgument names the law, the option, its value and the rule.
absl::StatusOr<std::unique_ptr<ControlLaw>> MakeLaw(std::string_view name,
                                                    const OptionMap& options = {});

// The names that MakeLaw knows.
std::span<const std::string_view> LawNames();

// The options of a law, with defaults; empty if there is no such law.
std::vector<OptionInfo> LawOptions(std::string_view name);

}  // namespace loadline::control
