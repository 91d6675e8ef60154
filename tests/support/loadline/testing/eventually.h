// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <thread>

#include "loadline/steady_clock.h"

namespace loadline::testing {

// Whether `condition` becomes true within ten seconds of real time: for what other threads or
// processes do by themselves. Yields between looks; the bound is only there to end a broken test.
template <typename Condition>
bool Eventually(Condition condition) {
  const Clock::Time give_up_at = SteadyClock::Get().Now() + std::chrono::seconds{10};
  while (!condition()) {
    if (SteadyClock::Get().Now() > give_up_at) {
      return false;
    }
    std::this_thread::yield();
  }
  return true;
}

}  // namespace loadline::testing
