// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "loadline/clock.h"
#include "loadline/wait_ledger.h"

namespace loadline {

class Limiter;

// How an operation ended, for the control law.
enum class Outcome : std::uint8_t {
  kSuccess,  // Finished. Its latency is a sample.
  kDropped,  // Timed out, or was refused downstream: a reason to shrink. Its latency is no sample.
  kIgnored,  // Says nothing about load: cancelled, invalid, from a cache. Not a sample.
};

// The right to run one operation. Give it back by letting it go out of scope.
//
// A permit that is never told its outcome counts as kIgnored: an early return or an exception can
// neither leak a place nor teach the law a false latency.
//
// Thread safety: one thread at a time. A permit may move between threads.
//
// Lifetime: the limiter must outlive it.
class [[nodiscard]] Permit {
 public:
  Permit(Permit&& other) noexcept;
  Permit& operator=(Permit&& other) noexcept;
  ~Permit();

  // Ends the operation and measures its latency. Calling it again does nothing.
  void Finish(Outcome outcome) noexcept;

  // Where the time since TryAcquire() went: on the CPU, in the run queue, blocked and why. Ask
  // before Finish(), on the thread that acquired. nullopt: another thread, a finished permit, no
  // LimiterOptions::ledger, or none open (WaitLedger::state() says why).
  std::optional<WaitBreakdown> Breakdown() const noexcept;

 private:
  friend class Limiter;
  Permit(Limiter* limiter, Clock::Time admitted_at, std::uint32_t epoch) noexcept
      : limiter_(limiter), admitted_at_(admitted_at), epoch_(epoch) {}

  Limiter* limiter_;  // Null once finished or moved from.
  Clock::Time admitted_at_;
  std::uint32_t epoch_;  // Of its bucket in the limiter's OverdueRing.
  WaitMark mark_;
};

}  // namespace loadline
