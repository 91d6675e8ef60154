// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "loadline/clock.h"

namespace loadline::demo {

// When the next request of one stream is due: at start + n / rate, computed from n, so that
// rounding does not add up and a late client does not shift what follows.
class Schedule {
 public:
  // `per_second` > 0.
  Schedule(Clock::Time start, double per_second) : start_(start), period_ns_(1e9 / per_second) {}

  Clock::Time next() const {
    return start_ + Clock::Duration{
                        static_cast<Clock::Duration::rep>(static_cast<double>(sent_) * period_ns_)};
  }
  void Advance() { ++sent_; }
  std::int64_t sent() const { return sent_; }

 private:
  Clock::Time start_;
  double period_ns_;
  std::int64_t sent_ = 0;
};

}  // namespace loadline::demo
