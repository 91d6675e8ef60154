// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace loadline::sim {

// Virtual time in nanoseconds. Plain integers, since a simulator adds them billions of times.
using Ns = std::int64_t;
inline constexpr Ns kMillisecond = 1'000'000;
inline constexpr Ns kSecond = 1'000'000'000;
inline constexpr Ns kNever = INT64_MAX;

constexpr double Seconds(Ns ns) noexcept {
  return static_cast<double>(ns) / static_cast<double>(kSecond);
}

}  // namespace loadline::sim
