// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <deque>
#include <vector>

#include "agent/demo/sample.h"
#include "loadline/clock.h"

namespace loadline::demo {

// What the screen shows of the load: the last moments only, by when requests ended, since what has
// not ended cannot be judged yet. The report counts by when they were due (Scoreboard).
//
// Thread safety: none.
class LiveMeter {
 public:
  struct Reading {
    double good_per_second = 0;   // Over the last second.
    double p99_ms = 0;            // Of what ended in the last three seconds.
    std::vector<double> history;  // Good requests of each whole second, oldest first.
  };

  explicit LiveMeter(Clock::Time start) : second_begin_(start) {}

  void Add(const Sample& sample);

  // Forgets what is too old. Call it before Read().
  void Advance(Clock::Time now);

  Reading Read(Endpoint endpoint, Clock::Time now) const;

 private:
  std::deque<Sample> recent_;  // As they ended.
  Clock::Time second_begin_;   // Of the second that is being counted.
  std::array<int, kEndpoints.size()> second_good_{};
  std::array<std::deque<double>, kEndpoints.size()> history_;
};

}  // namespace loadline::demo
