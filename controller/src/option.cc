// SPDX-License-Identifier: Apache-2.0
#include "loadline/control/option.h"

#include "text.h"

namespace loadline::control::detail {

absl::Status OutOfRange(std::string_view law, std::string_view option, double value, double min,
                        double max) {
  return absl::InvalidArgumentError(
      Text(law, ": ", option, " is ", value, ", must be in [", min, ", ", max, "]"));
}

absl::Status CheckBounds(std::string_view law, double limit_min, double limit_max,
                         double limit_initial) {
  if (!(limit_max >= limit_min)) {
    return absl::InvalidArgumentError(
        Text(law, ": limit_max is ", limit_max, ", must be >= limit_min = ", limit_min));
  }
  if (!(limit_initial >= limit_min && limit_initial <= limit_max)) {
    return OutOfRange(law, "limit_initial", limit_initial, limit_min, limit_max);
  }
  return absl::OkStatus();
}

absl::Status NoSuchOption(std::string_view law, std::string_view option, std::string_view known) {
  return absl::InvalidArgumentError(Text(law, ": no option ", option, ", must be one of: ", known));
}

}  // namespace loadline::control::detail
