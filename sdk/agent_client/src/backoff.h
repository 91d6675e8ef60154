// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>

#include "loadline/clock.h"

namespace loadline {

// How long to wait before the next attempt: doubling from 100 ms to 2 s, each with half of it drawn
// at random, so that services do not all meet a restarted agent in the same moment.
//
// Thread safety: none.
class Backoff {
 public:
  static constexpr Clock::Duration kFirst = std::chrono::milliseconds{100};
  static constexpr Clock::Duration kMost = std::chrono::seconds{2};

  explicit Backoff(std::uint32_t seed) : random_(seed) {}

  Clock::Duration Next() {
    std::uniform_int_distribution<Clock::Duration::rep> draw(next_.count() / 2, next_.count());
    next_ = std::min(next_ * 2, kMost);
    return Clock::Duration{draw(random_)};
  }
  void Reset() { next_ = kFirst; }

 private:
  Clock::Duration next_ = kFirst;
  std::minstd_rand random_;
};

}  // namespace loadline
