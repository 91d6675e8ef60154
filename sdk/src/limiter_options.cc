// SPDX-License-Identifier: Apache-2.0
#include "sdk/src/limiter_options.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "loadline/rules.h"

namespace loadline {

double InitialLimit(const LimiterOptions& options) {
  const double usual = control::KernelOptions().limit_initial;
  return options.limit_initial.value_or(
      std::min(std::max(usual, options.limit_min), options.limit_max));
}

absl::Status Validate(const LimiterOptions& options) {
  if (absl::Status status = CheckName("limiter name", options.name); !status.ok()) {
    return status;
  }
  const std::string limiter = absl::StrCat("limiter \"", options.name, "\"");
  if (options.deadline <= Clock::Duration::zero()) {
    return MustBe(absl::StrCat(limiter, ": deadline"), options.deadline, "above 0");
  }
  const Bounds limits{
      .min = options.limit_min, .initial = InitialLimit(options), .max = options.limit_max};
  // How far a limit may go is its law's to say.
  if (absl::Status status = CheckBounds(limiter, "limit", limits, control::kLimitLeast);
      !status.ok()) {
    return status;
  }
  if (options.clock == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat(limiter, ": clock: must not be null"));
  }
  return absl::OkStatus();
}

}  // namespace loadline
