// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/status/status.h"
#include "loadline/control/pool_sizer_options.h"
#include "loadline/thread_pool_options.h"

namespace loadline {

// kInvalidArgument: names the pool, the option, its value and the rule.
absl::Status Validate(const ThreadPoolOptions& options);

// What of `options` is for the sizer, with a threads_initial that was not given filled in.
control::PoolSizerOptions SizerOptions(const ThreadPoolOptions& options);

}  // namespace loadline
