// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/status/status.h"
#include "loadline/limiter_options.h"

namespace loadline {

// kInvalidArgument: names the limiter, the option, its value and the rule.
absl::Status Validate(const LimiterOptions& options);

// Where the limit starts: the law's usual start within the bounds, if none was given.
double InitialLimit(const LimiterOptions& options);

}  // namespace loadline
