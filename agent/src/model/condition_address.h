// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace loadline::agent {

// One address for a condition variable: glibc lets its waiters wait on two words beside each other,
// in turns (__g_signals[2]).
constexpr std::uint64_t ConditionAddress(std::uint64_t futex) { return futex & ~std::uint64_t{7}; }

}  // namespace loadline::agent
