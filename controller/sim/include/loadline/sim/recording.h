// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "loadline/control/control_law.h"
#include "loadline/histogram.h"
#include "loadline/sim/scenario.h"

namespace loadline::sim {

// What happened in one run, before anybody judges it. "Good" is an answer within the deadline.
// Requests count where they arrived, which is when the client first asked.
struct Recording {
  static constexpr Ns kBin = 50 * kMillisecond;
  struct Bin {
    std::uint32_t offered = 0;
    std::uint32_t good = 0;
    std::uint32_t refused = 0;
  };
  struct Count {
    std::int64_t offered = 0;
    std::int64_t good = 0;
  };
  struct PhaseCounts {
    std::int64_t offered = 0;
    std::int64_t good = 0;
    std::int64_t refused = 0;
    std::int64_t inversions = 0;  // Refusals within 10 ms of the admission of a worse level.
    Histogram latency;            // Of admitted attempts, from the time they were sent.
    std::array<std::array<Count, kTenantsMax>, kLevelsMax> by_level;  // And tenant.
  };
  struct Tick {
    Ns at = 0;
    double limit = 0;
    int in_flight = 0;
    int in_flight_max = 0;
    int queued = 0;   // In front of the limit.
    int threads = 0;  // Of the pool.
    std::int64_t arrivals = 0;
    std::int64_t completed = 0;
    control::Reason reason{};
    control::Bottleneck bottleneck{};
    control::Bottleneck modifier{};
    control::Binding binding{};  // The rule that the limit is due to.
  };

  std::vector<Bin> bins;
  std::vector<PhaseCounts> phases;
  std::vector<Tick> ticks;
  std::vector<Histogram> seconds;  // Latency by second of sending; only if asked for.
  std::uint64_t events = 0;
  std::uint64_t attempts = 0;
};

}  // namespace loadline::sim
