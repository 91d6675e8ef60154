// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/src/sampler/thread_sample.h"
#include "loadline/clock.h"
#include "loadline/signal.h"

namespace loadline::agent {

// Whether a thread is an event loop: then time that it spends blocked anywhere but in its poll is
// time in which nobody behind it is served.
//
//     becomes one   it polled in kPollsMin readings, and 0.8 of what it waited was in poll
//     stays one     as long as that is 0.5; a wait that has lasted for more than a reading changes
//                   nothing, as a loop that is stuck is still a loop
//
// Older waits count for less: half after some 70 readings.
//
// Thread safety: none.
class EventLoop {
 public:
  static constexpr int kPollsMin = 5;
  static constexpr double kShareToBecome = 0.8;
  static constexpr double kShareToStay = 0.5;

  // `increment` is what the thread did since the reading before, `between` how long that is.
  void Update(const ThreadSample& sample, const PoolCounters& increment, Clock::Duration between);

  bool is_loop() const { return is_loop_; }

 private:
  double polled_ = 0;  // Nanoseconds, decaying.
  double waited_ = 0;
  int polls_ = 0;  // Readings with some, up to kPollsMin.
  bool is_loop_ = false;
};

}  // namespace loadline::agent
