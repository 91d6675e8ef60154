// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "absl/status/status.h"

namespace loadline::detail {

// The rule for names of limiters, pools and services, which end up as labels: 1 to 63 printable
// characters of ASCII, no quote or backslash. `what` is the noun for the message.
absl::Status CheckName(std::string_view what, std::string_view name);

}  // namespace loadline::detail
