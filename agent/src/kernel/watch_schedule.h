// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "loadline/clock.h"

namespace loadline::agent {

struct WatchOptions {
  Clock::Duration span = std::chrono::seconds{2};    // > 0.
  Clock::Duration every = std::chrono::seconds{10};  // From one beginning to the next; >= span.
  double share_max = 0.01;  // Of one CPU, over `span`; a watch that costs more ends itself.
};

// When wakes are watched: for `span` of each `every`, as far as somebody asks often enough.
//
// Pure. Thread safety: none.
class WatchSchedule {
 public:
  enum class Step : std::uint8_t { kNone, kBegin, kEnd };

  explicit WatchSchedule(const WatchOptions& options) : options_(options) {}

  // What is to be done now. `wanted`: there is something to watch.
  Step Next(Clock::Time now, bool wanted) {
    if (running_) {
      if (wanted && now - began_at_ < options_.span) {
        return Step::kNone;
      }
      running_ = false;
      return Step::kEnd;
    }
    if (!wanted || (has_begun_ && now - began_at_ < options_.every)) {
      return Step::kNone;
    }
    running_ = has_begun_ = true;
    began_at_ = now;
    return Step::kBegin;
  }

 private:
  WatchOptions options_;
  bool running_ = false;
  bool has_begun_ = false;
  Clock::Time began_at_{};
};

}  // namespace loadline::agent
