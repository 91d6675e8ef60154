// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>

#include "loadline/clock.h"

namespace loadline::control {

// Durations and counts from outside, as numbers that no arithmetic here can break: negative values
// count as zero, and nothing is above 1e9 (seconds: 30 years), so products stay finite.
inline double BoundedSeconds(Clock::Duration duration) noexcept {
  return std::clamp(static_cast<double>(duration.count()) * 1e-9, 0.0, 1e9);
}

// From `a` to `b`, also if they are further apart than a duration can say. 0 if b is before a.
inline double SecondsBetween(Clock::Time a, Clock::Time b) noexcept {
  const auto ns = [](Clock::Time t) { return static_cast<double>(t.time_since_epoch().count()); };
  return std::clamp((ns(b) - ns(a)) * 1e-9, 0.0, 1e9);
}

inline double Count(std::int64_t count) noexcept {
  return std::clamp(static_cast<double>(count), 0.0, 1e9);
}

inline Clock::Duration Nanoseconds(double seconds) noexcept {
  return Clock::Duration{static_cast<std::int64_t>(std::clamp(seconds, 0.0, 1e9) * 1e9)};
}

}  // namespace loadline::control
