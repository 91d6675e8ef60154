// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace loadline::control {

// splitmix64: jitter for laws and breakers. Seeded by their options, never from outside, so that
// equal inputs give equal decisions.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  double Uniform() {  // In [0, 1).
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1.0p-53;
  }

 private:
  std::uint64_t state_;
};

}  // namespace loadline::control
