// SPDX-License-Identifier: Apache-2.0
#include "loadline/control/option.h"

#include "text.h"

namespace loadline::control::detail {

absl::Status OutOfRange(std::string_view owner, std::string_view option, double value, double min,
                        double max) {
  return MustBe(Text(owner, ": ", option), value, Text("in [", min, ", ", max, "]"));
}

absl::Status NoSuchOption(std::string_view owner, std::string_view option, std::string_view known) {
  return absl::InvalidArgumentError(
      Text(owner, ": no option ", option, ", must be one of: ", known));
}

}  // namespace loadline::control::detail
