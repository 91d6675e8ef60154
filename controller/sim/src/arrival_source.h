// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "loadline/random.h"
#include "loadline/sim/scenario.h"
#include "loadline/sim/time.h"

namespace loadline::sim {

// When requests come, in open loop: whatever happened to those before.
class ArrivalSource {
 public:
  ArrivalSource(const Arrivals& arrivals, std::uint64_t seed)
      : arrivals_(arrivals),
        gaps_(StreamSeed(seed, "arrivals")),
        states_(StreamSeed(seed, "arrival states")) {}

  // The time of the next arrival; kNever: no more.
  Ns Next();

 private:
  Schedule::Step RateAt(Ns time);
  Schedule::Step SwitchedRateAt(Ns time);

  const Arrivals& arrivals_;
  Random gaps_;
  Random states_;
  Ns now_ = 0;
  bool on_ = false;
  Ns state_until_ = 0;
  std::size_t trace_next_ = 0;
};

}  // namespace loadline::sim
