// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace loadline::control {

// What keeps a service from doing more. The names are the values of metric labels, JSON and proto.
enum class Bottleneck : std::uint8_t {
  kHealthy,
  kStale,         // No fresh kernel signal: not known.
  kAppLimited,    // Demand is the limit: nothing to do.
  kThrottled,     // Our cgroup's CPU quota.
  kNeighbour,     // Somebody else has the CPUs.
  kOwnCpu,        // We use all the CPU that we can get.
  kLock,          // A lock inside the service.
  kDepDead,       // A dependency that answers almost nothing in time.
  kDepSaturated,  // A dependency that we saturate ourselves.
  kDepSlow,       // A dependency that became slower by itself.
  kThreads,       // More threads than can be of use.
};

inline constexpr std::array<std::string_view, 11> kBottleneckNames = {
    "healthy", "stale",    "app_limited",   "throttled", "neighbour", "own_cpu",
    "lock",    "dep_dead", "dep_saturated", "dep_slow",  "threads",
};

constexpr std::string_view Name(Bottleneck bottleneck) noexcept {
  return kBottleneckNames[static_cast<std::size_t>(bottleneck)];
}

}  // namespace loadline::control
