// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>

#include "loadline/clock.h"

namespace loadline::fuzz {

// No further than the end of time.
inline Clock::Time Later(Clock::Time time, Clock::Duration by) {
  Clock::Duration::rep count = 0;
  if (__builtin_add_overflow(time.time_since_epoch().count(), by.count(), &count)) {
    return by > Clock::Duration::zero() ? Clock::Time::max() : Clock::Time::min();
  }
  return Clock::Time{Clock::Duration{count}};
}

// A fuzzer's bytes, read as values; zeros once they are used up. Each value costs few bytes, so
// that a change of one byte changes one thing.
class Bytes {
 public:
  explicit Bytes(std::span<const std::uint8_t> data) : data_(data) {}

  bool empty() const { return data_.empty(); }

  std::uint8_t Byte() {
    if (data_.empty()) {
      return 0;
    }
    const std::uint8_t byte = data_.front();
    data_ = data_.subspan(1);
    return byte;
  }
  // In [0, count).
  std::size_t Below(std::size_t count) { return Byte() % count; }
  bool Flag() { return Byte() % 2 != 0; }

  // Plausible and absurd ones: small, zero, negative, the ends of what a type can hold.
  std::int64_t Integer() {
    using Limits = std::numeric_limits<std::int64_t>;
    switch (const std::uint8_t kind = Byte(); kind % 16) {
      case 0:
        return 0;
      case 1:
        return Limits::max();
      case 2:
        return Limits::min();
      case 3:
        return -std::int64_t{Wide<std::int32_t>()};
      case 4:
        return Wide<std::int64_t>();
      case 5:
        return Wide<std::int32_t>();
      case 6:
        return Limits::max() - Byte();
      case 7:
        return -static_cast<std::int64_t>(Byte());
      default:
        return Wide<std::uint16_t>();
    }
  }
  int Small() { return static_cast<int>(std::clamp<std::int64_t>(Integer(), kIntMin, kIntMax)); }

  double Real() {
    using Limits = std::numeric_limits<double>;
    constexpr std::array<double, 12> kOdd = {0,
                                             -0.0,
                                             -1,
                                             1e-300,
                                             1e300,
                                             Limits::quiet_NaN(),
                                             Limits::infinity(),
                                             -Limits::infinity(),
                                             Limits::max(),
                                             Limits::denorm_min(),
                                             0.5,
                                             1};
    const std::uint8_t kind = Byte();
    if (kind < 64) {
      return kOdd[kind % kOdd.size()];
    }
    if (kind < 80) {
      return Wide<double>();
    }
    return kind < 160 ? Wide<std::uint16_t>() / 65535.0 : Wide<std::uint16_t>() / 64.0;
  }
  // In [min, max].
  double Between(double min, double max) {
    return min + (max - min) * (Wide<std::uint16_t>() / 65535.0);
  }

  Clock::Duration Duration() {
    const std::int64_t count = Integer();
    constexpr std::int64_t kScaled = std::int64_t{1} << 32;
    switch (Byte() % 4) {
      case 0:
        return Clock::Duration{count};
      case 1:
        return Clock::Duration{std::clamp(count, -kScaled, kScaled) * 1'000};
      default:
        return Clock::Duration{std::clamp(count, -kScaled, kScaled) * 1'000'000};
    }
  }

 private:
  static constexpr std::int64_t kIntMin = std::numeric_limits<int>::min();
  static constexpr std::int64_t kIntMax = std::numeric_limits<int>::max();

  template <typename T>
  T Wide() {
    std::array<std::uint8_t, sizeof(T)> raw;
    for (std::uint8_t& byte : raw) {
      byte = Byte();
    }
    T value;
    std::memcpy(&value, raw.data(), sizeof value);
    return value;
  }

  std::span<const std::uint8_t> data_;
};

}  // namespace loadline::fuzz
