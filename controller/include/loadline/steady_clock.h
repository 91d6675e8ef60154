// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "loadline/clock.h"

namespace loadline {

// CLOCK_MONOTONIC, as nanoseconds since boot. The one place in the project that reads a clock.
//
// Thread safety: any thread, any time.
class SteadyClock final : public Clock {
 public:
  // The instance that everything uses where no other clock is injected. Never destroyed.
  static const SteadyClock& Get() noexcept;

  Time Now() const noexcept override;
};

// Seconds since 1970 by the wall clock, which may be set: to say when something was, never how long
// it took.
double UnixSeconds() noexcept;

}  // namespace loadline
