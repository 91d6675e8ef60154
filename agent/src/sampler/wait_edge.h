// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/src/sampler/source.h"
#include "loadline/clock.h"
#include "loadline/wait_reason.h"

namespace loadline::agent {

// Threads of one process whose names agree up to digits. The kernel's own are one process, tgid 0.
struct WaitPool {
  pid_t tgid = 0;
  std::string process;
  std::string name;

  auto operator<=>(const WaitPool&) const = default;  // NOLINT(modernize-use-nullptr): has none.
};

// Waits that ended, of the threads of one pool, for one reason, by the same waker. Times are from
// falling asleep to being woken; waiting for a CPU afterwards is not in them.
struct WaitEdge {
  WaitPool woken;
  WaitReason reason = WaitReason::kOther;
  std::optional<WaitPool> waker;  // nullopt: an interrupt: a timer, a device, a packet.
  // What the waker waited for itself meanwhile, if it did: of its waits, the longest one's reason.
  std::optional<WaitReason> waker_reason;
  std::uint64_t waits = 0;
  Clock::Duration waited{};
  Clock::Duration longest{};
  Clock::Duration waker_waited{};  // Of `waited`: the waker was asleep itself.
  // Of the longest: the peer's address, the futex, or who had stopped it. Empty: none.
  std::string target;
};

enum class WaitStop : std::uint8_t {
  kTimeIsUp,
  kBudgetIsSpent,
  kAsked,
};

// What was found in the time that was measured.
struct WaitReading {
  std::vector<WaitEdge> edges;
  Clock::Duration lasted{};
  WaitStop stop = WaitStop::kTimeIsUp;
  Clock::Duration probe_time{};  // CPU time that the probes took.
  Clock::Duration lost_wait{};   // Waits that are in no edge.
  std::vector<SourceLoss> losses;
};

}  // namespace loadline::agent
