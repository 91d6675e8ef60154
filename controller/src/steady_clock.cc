// SPDX-License-Identifier: Apache-2.0
#include "loadline/steady_clock.h"

#include <chrono>

namespace loadline {

const SteadyClock& SteadyClock::Get() noexcept {
  static const SteadyClock clock;
  return clock;
}

Clock::Time SteadyClock::Now() const noexcept {
  return Time{std::chrono::steady_clock::now().time_since_epoch()};
}

}  // namespace loadline
