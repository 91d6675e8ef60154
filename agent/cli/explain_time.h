// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace loadline::cli {

// A moment of the past, as a person types it: "03:12" or "03:12:30", the last time that it was so
// late; "2026-12-01T03:12", with seconds or without; "15m", "-15m" or "15m ago", and so "90s",
// "2h", "1h30m". Times of day are those of `zone`.
//
// kInvalidArgument names `flag`, the value and the rule.
absl::StatusOr<absl::Time> ReadPastTime(std::string_view flag, std::string_view text,
                                        absl::Time now, absl::TimeZone zone);

}  // namespace loadline::cli
