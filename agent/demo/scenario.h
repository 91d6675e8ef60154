// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "loadline/clock.h"

namespace loadline::demo {

// How the service bounds its work.
enum class RunMode : std::uint8_t { kFixed, kLoadline };

// As in the report: the number of threads is part of what was tried.
constexpr std::string_view Name(RunMode mode) noexcept {
  constexpr std::array<std::string_view, 2> kNames = {"fixed-200", "loadline"};
  return kNames[static_cast<std::size_t>(mode)];
}

inline constexpr int kFixedThreads = 200;

enum class PhaseKind : std::uint8_t { kWarmup, kSteady, kSlow, kRecovery };

constexpr std::string_view Name(PhaseKind kind) noexcept {
  constexpr std::array<std::string_view, 4> kNames = {"warmup", "steady", "slow", "recovery"};
  return kNames[static_cast<std::size_t>(kind)];
}

struct Phase {
  PhaseKind kind = PhaseKind::kWarmup;
  Clock::Duration length{};
  Clock::Duration dependency_latency{};
};

// The outage every backend team tells: the dependency goes from 50 ms to 5 s and comes back. The
// phases of one run that takes `total` altogether, warm-up included.
std::vector<Phase> PlanRun(Clock::Duration total);

}  // namespace loadline::demo
