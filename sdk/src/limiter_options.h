// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/status/status.h"
#include "loadline/limiter_options.h"

namespace loadline {

// kInvalidArgument: names the limiter, the option, its value and the rule.
absl::Status Validate(const LimiterOptions& options);

}  // namespace loadline
