// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "loadline/clock.h"

namespace loadline::examples {

// Work for the CPU and nothing else, measured once so that it takes about as long on any machine.
class CpuWork {
 public:
  explicit CpuWork(const Clock& clock) {
    Clock::Duration fastest = Clock::Duration::max();
    for (int i = 0; i < 5; ++i) {  // The least disturbed of five is the machine's own speed.
      const Clock::Time started = clock.Now();
      seed_ = Mix(kProbe, seed_);
      fastest = std::min(fastest, std::max(clock.Now() - started, Clock::Duration{1}));
    }
    rounds_per_ms_ = std::int64_t{kProbe} * 1'000'000 / fastest.count();
  }

  // The price of an item, after `time` of arithmetic.
  std::uint64_t Price(std::uint64_t item, std::chrono::microseconds time) const {
    return Mix(rounds_per_ms_ * time.count() / 1000, item ^ seed_) % 10'000;
  }

 private:
  static constexpr int kProbe = 200'000;

  // Each round needs the one before, so no compiler can shorten it.
  static std::uint64_t Mix(std::int64_t rounds, std::uint64_t value) {
    for (; rounds > 0; --rounds) {
      value ^= value >> 33;
      value *= 0xff51afd7ed558ccdU;
    }
    return value;
  }

  std::uint64_t seed_ = 42;
  std::int64_t rounds_per_ms_ = 0;
};

}  // namespace loadline::examples
