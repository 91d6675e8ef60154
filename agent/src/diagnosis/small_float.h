// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace loadline::agent {

// A figure from 0 or a millionth to 8.8 million million in 16 bits: six of exponent, ten of
// mantissa. What comes back is off by a two-thousandth at most, whole numbers up to 1,024 not at
// all; less than a millionth is 0.
inline constexpr double kSmallFloatQuantum = 1.0 / 2048;
inline constexpr int kSmallFloatLeast = -20;  // Power of two.

inline std::uint16_t ToSmallFloat(double value) {
  if (!(value >= std::ldexp(1.0, kSmallFloatLeast))) {
    return 0;
  }
  int exponent = 0;
  const double part = std::frexp(std::min(value, 1e12), &exponent);  // In [0.5, 1).
  const auto mantissa = static_cast<std::int64_t>(std::lround((part * 2 - 1) * 1024));
  // A mantissa that was rounded up to 1024 is 0 of the next exponent.
  const std::int64_t at = exponent - kSmallFloatLeast;  // From 1 on: 0 as a whole is zero.
  return static_cast<std::uint16_t>(std::min<std::int64_t>((at << 10) + mantissa, 0xffff));
}

inline double FromSmallFloat(std::uint16_t bits) {
  if (bits < 1024) {
    return 0;
  }
  const int exponent = (bits >> 10) + kSmallFloatLeast;
  return std::ldexp(1 + static_cast<double>(bits & 1023) / 1024, exponent - 1);
}

}  // namespace loadline::agent
