// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace loadline::agent {

// How the books choose what is shown by its own name. Activity is a sum that fades:
inline constexpr double kActivityDecay = 0.9;  // Per reading: about ten of them are remembered.
// A candidate takes a place only if it is that much more active, or places would change hands at
// each reading.
inline constexpr double kSwapFactor = 2;
// What found no place is added up under this name.
inline constexpr std::string_view kOther = "other";

}  // namespace loadline::agent
