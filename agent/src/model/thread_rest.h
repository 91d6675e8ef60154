// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "agent/src/sampler/thread_sample.h"
#include "loadline/signal.h"
#include "loadline/wait_reason.h"

namespace loadline::agent {

// Where a thread waits: what for, and at which object of that kind.
struct Place {
  WaitReason reason = WaitReason::kOther;
  std::uint64_t object = 0;  // 0: all of that kind are one.

  friend bool operator==(const Place&, const Place&) = default;
};

// Of a thread that is blocked.
Place PlaceOf(const ThreadSample& sample);

// Learns where one thread rests: the place that it comes back to after work, whatever the
// neighbours of that place do. Only a hint: a thread that waits again and again for the same answer
// comes back to that as well.
//
// A visit is a look at which the thread waits and before which it ran, or waited elsewhere. The
// place with most visits is found as the majority of a stream is (Boyer and Moore, MJRTY, 1981).
//
// Thread safety: none.
class ThreadRest {
 public:
  static constexpr int kVisitsMin = 3;
  static constexpr int kVisitsMax = 15;  // So many others make it forget.

  // One reading. `increment` is what the thread did since the reading before.
  void Update(const ThreadSample& sample, const PoolCounters& increment, std::uint32_t reading);

  // It comes back to this place.
  bool IsHome(const Place& place) const { return visits_ >= kVisitsMin && place == home_; }
  // It never waited for anything of another kind while it was seen, and came back three times.
  bool OnlyPlace() const { return visits_ >= kVisitsMin && !elsewhere_; }
  // The last reading that found that it had run; 0: none.
  std::uint32_t ran_at() const { return ran_at_; }

 private:
  Place home_;
  std::uint32_t ran_at_ = 0;
  std::uint8_t visits_ = 0;
  bool elsewhere_ = false;
};

}  // namespace loadline::agent
