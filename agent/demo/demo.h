// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/status/status.h"
#include "agent/demo/demo_options.h"
#include "loadline/clock.h"

namespace loadline::demo {

// Plays the whole demo and prints its report. kCancelled: SIGINT or SIGTERM came. Whatever it
// started is gone when it returns.
absl::Status RunDemo(const DemoOptions& options, const Clock& clock);

}  // namespace loadline::demo
