// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "loadline/clock.h"
#include "loadline/signal.h"

namespace loadline {

// What one message of the agent says of one pool: totals since the agent first saw it.
struct PoolTotals {
  Clock::Time taken_at;
  int threads = 0;
  PoolCounters counters{};
};

// Turns totals as they arrive into what happened between two readings.
//
// A new agent counts from zero, so totals of different sessions are never subtracted. What no right
// agent sends does no harm: totals that shrink, or that grow by more than the threads had time for,
// only begin a new baseline; negative ones are ignored, and so are pools by the thousand.
//
// Thread safety: none.
class SignalTotals {
 public:
  // A new session: forgets all baselines.
  void Restart();

  // `now`: when it arrived. A time after that is not believed: it would look fresh for ever.
  void Add(const std::string& pool, PoolTotals totals, Clock::Time now);

  // The difference between the newest totals and those of the answer before; nullopt: none newer.
  std::optional<Signal> Take(std::string_view name);

 private:
  struct Pool {
    std::optional<PoolTotals> newest{};
    std::optional<PoolTotals> answered{};
  };
  std::map<std::string, Pool, std::less<>> pools_;
};

}  // namespace loadline
