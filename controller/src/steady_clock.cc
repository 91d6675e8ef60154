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

double UnixSeconds() noexcept {
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration<double>(since_1970).count();
}

}  // namespace loadline
