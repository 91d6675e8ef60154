// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "agent/src/model/cause.h"
#include "agent/src/sampler/thread_sample.h"
#include "loadline/clock.h"
#include "loadline/signal.h"
#include "loadline/wait_reason.h"

namespace loadline::agent {

struct LongestWait {
  Cause cause = Cause::kUnknown;
  Clock::Duration length{};
  Clock::Time until;    // When it ended, or was last seen.
  std::string culprit;  // For whom; may be empty.
};

// The longest wait of a pool for each cause that occurred, in the last half hour: a sliding maximum
// over minutes. Of each cause it keeps those waits than which no later one was longer; 30 at most.
//
// Thread safety: none.
class LongestWaits {
 public:
  static constexpr std::chrono::minutes kFor{30};

  // A wait that ended at this time, or goes on and has lasted so long by then.
  void Add(Cause cause, std::string_view culprit, Clock::Duration length, Clock::Time until);
  // To be called before Longest(), as often as one likes.
  void Forget(Clock::Time now);

  // One for each cause.
  std::vector<LongestWait> Longest() const;
  // 0: none.
  Clock::Duration Of(Cause cause) const;

 private:
  // Of a cause, by time; each is longer than the next one.
  std::vector<std::vector<LongestWait>> causes_;
};

// Follows the waits of one thread from reading to reading, to tell how long one was that has ended.
//
// That is exact where the thread began no other wait since that has ended too: it has waited for
// what it was seen to wait for, and so long more. Else what was seen is all that is certain.
//
// Costs nothing for a thread that waits for nothing; one that may be the longest of its pool is
// remembered, 80 bytes.
//
// Thread safety: none.
class WaitWatch {
 public:
  struct Now {
    const ThreadSample& sample;
    const PoolCounters& increment;  // Since the reading before.
    WaitReason reason;              // As which the wait in progress is counted.
    Clock::Duration between;        // The two readings.
    Clock::Time at;
  };
  // To be called first in each reading: tells of the wait that was seen last, if it has ended.
  void Settle(const Now& now, LongestWaits& longest);
  // The wait in progress is time lost, or rest. One that was rest before is none that lasts so
  // long.
  void SeeLost(const Now& now, Cause cause, std::string_view culprit, LongestWaits& longest);
  void SeeRest() { rests_ = true; }

 private:
  struct Seen {
    WaitReason reason = WaitReason::kOther;
    Cause cause = Cause::kUnknown;
    Clock::Duration age{};
    std::string culprit;
  };
  std::unique_ptr<Seen> seen_;
  bool rests_ = false;
};

}  // namespace loadline::agent
