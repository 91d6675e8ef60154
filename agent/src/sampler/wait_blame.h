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

// What a thread did from the moment that another thread woke it until it woke somebody itself.
enum class WakerDid : std::uint8_t {
  kUnknown,
  kRan,        // It was on a CPU, or queued for one.
  kWaited,     // For what `reason` says.
  kRested,     // It polled, accepted, or waited for work.
  kInterrupt,  // Nobody woke: a timer, a device, a packet.
};
inline constexpr std::size_t kWakerDidCount = 5;

constexpr std::string_view Name(WakerDid did) {
  constexpr std::array<std::string_view, kWakerDidCount> kNames = {"unknown", "ran", "waited",
                                                                   "rested", "interrupt"};
  return kNames[static_cast<std::size_t>(did)];
}

// Waits of one pool on words without a holder that ended while it was watched who ends them, by who
// did and what that one had done meanwhile. For a wait [s, e] ended by thread w, h is when another
// thread last woke w: the time from max(s, h) to e is laid to what w did in it, the time before to
// what the one did that woke w (once more: no further). Sums since the reading before.
struct WaitBlame {
  pid_t tgid = 0;                             // Who waited.
  std::uint32_t pool_number = 0;              // As in ThreadSample.
  WaitReason waited_for = WaitReason::kSync;  // kLock, kCondition or kSync.
  pid_t waker_tgid = 0;                       // Whose doing it was; 0: an interrupt, or not known.
  std::uint32_t waker_pool_number = 0;
  WakerDid did = WakerDid::kUnknown;
  WaitReason reason = WaitReason::kOther;  // Only for kWaited.
  Clock::Duration waited{};
  std::uint64_t waits = 0;
};

// How often threads of one pool woke threads of another, of all wakes while it was watched.
struct PoolWakes {
  pid_t waker_tgid = 0;
  std::uint32_t waker_pool_number = 0;
  pid_t woken_tgid = 0;
  std::uint32_t woken_pool_number = 0;
  std::uint64_t wakes = 0;
};

}  // namespace loadline::agent
