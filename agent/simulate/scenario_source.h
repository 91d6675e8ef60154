// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "agent/simulate/best_static.h"

// Where scenarios come from. Errors: kInvalidArgument, one line that names file, line, key and
// rule.
namespace loadline::cli {

// A file, or the name of a scenario of the suite.
absl::StatusOr<NamedScenario> OpenScenario(const std::string& name);

// Random ones, by seed: "A..B", both included; "A..B/2" every other one from A on. `kind`: one of
// kGeneratorKindNames.
absl::StatusOr<std::vector<NamedScenario>> GenerateScenarios(const std::string& range,
                                                             const std::string& kind);

// The suite's scenarios in turn, each with another service (`vary:`): `count` of them, with the
// even seeds from 2 on, or the odd ones from 1 on.
absl::StatusOr<std::vector<NamedScenario>> VariedScenarios(int count, bool odd);

}  // namespace loadline::cli
