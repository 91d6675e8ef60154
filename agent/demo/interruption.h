// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include "absl/status/statusor.h"
#include "loadline/clock.h"

namespace loadline::demo {

// Waits for a moment, or for SIGINT, SIGTERM or SIGHUP: whichever comes first. While it lives these
// signals end nothing by themselves, so that the demo can put its house in order.
//
// Create it before any thread is started: threads inherit the signal mask.
class Interruption {
 public:
  static absl::StatusOr<Interruption> Create(const Clock& clock);

  Interruption(Interruption&& other) noexcept
      : clock_(other.clock_), signals_(std::exchange(other.signals_, -1)) {}
  Interruption& operator=(Interruption&&) = delete;
  ~Interruption();

  // Becomes readable when a signal comes, and stays so.
  int fd() const { return signals_; }

  // kCancelled: a signal came, now or earlier.
  absl::Status WaitUntil(Clock::Time until);

 private:
  Interruption(const Clock& clock, int signals) : clock_(&clock), signals_(signals) {}

  const Clock* clock_;
  int signals_;  // A signalfd. Never read: once a signal came, every wait ends.
};

}  // namespace loadline::demo
