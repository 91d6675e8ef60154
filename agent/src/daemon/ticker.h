// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "loadline/clock.h"

namespace loadline::agent {

// A thread that does one thing again and again.
//
// `tick` runs at once, and then whenever the time that it returned has passed since it began. A
// tick that takes longer is followed by the next at once, never by several.
class Ticker {
 public:
  Ticker(const Clock& clock, std::function<Clock::Duration()> tick);

  // Waits for a tick that is running.
  ~Ticker();
  Ticker(const Ticker&) = delete;
  Ticker& operator=(const Ticker&) = delete;

 private:
  void Run();

  const Clock& clock_;
  const std::function<Clock::Duration()> tick_;
  absl::Mutex mutex_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace loadline::agent
