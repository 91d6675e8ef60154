// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "loadline/clock.h"
#include "loadline/wait_reason.h"

namespace loadline::agent {

// What a thread did in the time that another waited for it.
enum class WakerDid : std::uint8_t {
  kUnknown,
  kRan,        // It was on a CPU.
  kWaited,     // For what `reason` says. kNetwork: for an answer.
  kRested,     // It polled, accepted, or waited for a request, a signal or work.
  kInterrupt,  // Nobody ended the wait: its time was up, or a signal came.
  kQueued,     // For a CPU.
};
inline constexpr std::size_t kWakerDidCount = 6;

constexpr std::string_view Name(WakerDid did) {
  constexpr std::array<std::string_view, kWakerDidCount> kNames = {
      "unknown", "ran", "waited", "rested", "interrupt", "queued"};
  return kNames[static_cast<std::size_t>(did)];
}

// Waits of one pool on words without a holder (and on pipes within a process) that ended while it
// was watched who ends them, by whose doing they were and what that one did. For a wait [s, e]
// ended by thread w, h is when another thread last handed something to w. The time from max(s, h)
// to e is laid to what w did in it; the time before h to what the one did that woke w, from when it
// was handed something itself; what lies before that, to what most of the time was that led there.
// So one wait may have several parts. Of a wait that began before the watch, the time before is
// left out; one that has not ended at its end is not in it. Sums since the reading before.
//
// An interrupt hands nothing over, nor does another process but by a word. A lock that is let go
// does not either: the waiter goes on with what it was about, and the time that it waited for the
// lock is laid to whoever had it.
struct WaitBlame {
  pid_t tgid = 0;                             // Who waited.
  std::uint32_t pool_number = 0;              // As in ThreadSample.
  WaitReason waited_for = WaitReason::kSync;  // kLock, kCondition, kSync or kIpc.
  pid_t waker_tgid = 0;                       // Whose doing it was; 0: nobody's, or not known.
  std::uint32_t waker_pool_number = 0;
  WakerDid did = WakerDid::kUnknown;
  WaitReason reason = WaitReason::kOther;  // Only for kWaited.
  Clock::Duration waited{};
  std::uint64_t waits = 0;  // Each counts once, where the largest part of it was laid.
};

// How often threads of one pool handed something to threads of another while it was watched: ended
// waits on words that were no locks, or within a process in polls, pipes and sockets.
struct PoolWakes {
  pid_t waker_tgid = 0;
  std::uint32_t waker_pool_number = 0;
  pid_t woken_tgid = 0;
  std::uint32_t woken_pool_number = 0;
  std::uint64_t wakes = 0;
};

}  // namespace loadline::agent
