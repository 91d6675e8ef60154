// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>

#include "loadline/sim/recording.h"

namespace loadline::sim {

// One number that changes with any bit of a recording.
inline std::uint64_t Digest(const Recording& recording) {
  std::uint64_t digest = recording.events;
  const auto add = [&](std::uint64_t value) {
    digest = Scramble(digest ^ Scramble(value + 0x9e3779b97f4a7c15U));
  };
  for (const Recording::Bin& bin : recording.bins) {
    add(bin.offered);
    add(bin.good);
    add(bin.refused);
  }
  for (const Recording::Tick& tick : recording.ticks) {
    add(std::bit_cast<std::uint64_t>(tick.limit));
    add(static_cast<std::uint64_t>(tick.in_flight));
    add(static_cast<std::uint64_t>(tick.completed));
    add(static_cast<std::uint64_t>(tick.bottleneck));
  }
  for (const Recording::PhaseCounts& phase : recording.phases) {
    add(static_cast<std::uint64_t>(phase.latency.Quantile(0.99)));
    add(std::bit_cast<std::uint64_t>(phase.latency.Mean()));
  }
  return digest;
}

}  // namespace loadline::sim
