// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace loadline::cli {

// What to do about a class of bottleneck, in a line: where to look, and what would make it worse.
// Empty for a class that this program does not know.
std::string_view AdviceFor(std::string_view bottleneck_class);

}  // namespace loadline::cli
