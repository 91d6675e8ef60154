// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "loadline/sim/scenario.h"

namespace loadline::cli {

// Reads a scenario from YAML; docs/guides/simulate.md lists the keys.
//
// Errors: one line with the number of the line in the file, the key, its value and the rule. A key
// that nobody knows is an error, so that a slip of the pen is no silent default.
absl::StatusOr<sim::Scenario> ReadScenario(std::string_view yaml);

}  // namespace loadline::cli
