// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "agent/simulate/law_choice.h"

namespace loadline::cli {

// Laws and their options as YAML or JSON: a list of names, and of maps for laws with options.
//
//     - kernel
//     - {law: fixed, limit: 40}
//
// Errors: kInvalidArgument, one line that names the line, the option, its value and the rule.
absl::StatusOr<std::vector<LawChoice>> ReadLaws(std::string_view text);

}  // namespace loadline::cli
