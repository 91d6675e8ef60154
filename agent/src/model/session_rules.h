// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "loadline/v1/self.pb.h"

namespace loadline::agent {

// What one process may ask the agent to keep. Every local user may connect, so each list has an
// end.
struct SessionBounds {
  int processes_max = 256;
  int pools_max = 32;  // Of a process; likewise below.
  int limiters_max = 64;
  int threads_max = 4096;
  int idle_ranges_max = 256;
  int causes_max = 64;  // Rows of one report.
};

// Whether the content of a message is in range, each by itself: kInvalidArgument names the field,
// its value and the rule. What is counted over messages is the registry's to check.
absl::Status Check(const v1::Hello& hello);
absl::Status Check(const v1::PoolRegistration& pool, const SessionBounds& bounds);
absl::Status Check(const v1::ThreadChange& change, const SessionBounds& bounds);
absl::Status Check(const v1::LimiterReport& report, const SessionBounds& bounds);
absl::Status Check(const v1::PoolReport& report);

}  // namespace loadline::agent
