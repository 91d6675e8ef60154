// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "loadline/v1/report.pb.h"

namespace loadline::agent {

// The parameters of /api/v1/explain as a request: `name`; `all`, 0 or 1; `at` and `since` in
// seconds since 1970. kInvalidArgument names the parameter, its value and the rule.
absl::StatusOr<v1::ExplainRequest> ExplainRequestOf(
    const std::multimap<std::string, std::string>& parameters);

}  // namespace loadline::agent
