// SPDX-License-Identifier: Apache-2.0
#include "sdk/src/limiter_options.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "loadline/detail/name_rule.h"

namespace loadline {

absl::Status Validate(const LimiterOptions& options) {
  if (absl::Status status = detail::CheckName("limiter", options.name); !status.ok()) {
    return status;
  }
  const auto bad = [&](auto... what) {
    return absl::InvalidArgumentError(absl::StrCat("limiter \"", options.name, "\": ", what...));
  };
  if (options.deadline <= Clock::Duration::zero()) {
    return bad("deadline: ", absl::FormatDuration(absl::FromChrono(options.deadline)),
               " must be above 0");
  }
  if (!(options.limit_min >= 1)) {
    return bad("limit_min: ", options.limit_min, " must be at least 1");
  }
  if (!(options.limit_max >= options.limit_min && std::isfinite(options.limit_max))) {
    return bad("limit_max: ", options.limit_max, " must be at least limit_min, ",
               options.limit_min);
  }
  if (!(options.limit_initial >= options.limit_min && options.limit_initial <= options.limit_max)) {
    return bad("limit_initial: ", options.limit_initial, " must be in [", options.limit_min, ", ",
               options.limit_max, "], from limit_min to limit_max");
  }
  if (options.clock == nullptr) {
    return bad("clock: must not be null");
  }
  return absl::OkStatus();
}

}  // namespace loadline
