// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace loadline::control {

// What keeps a service, or a pool of threads, from doing more. One list for limits, pool sizes and
// pools of processes without the SDK: the names are the values of metric labels and JSON, and with
// a prefix those of loadline.v1.BottleneckClass (a contract test compares the lists). Add at the
// end; never reorder.
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
  // Of pools whose process tells nothing of its requests: KernelClassifier.
  kDisk,
  kMemory,            // Reclaim, refaults, page faults.
  kHandoff,           // Threads wait for others that wait elsewhere: a pool of connections.
  kEventLoopBlocked,  // A thread that lives in poll is kept from it.
  kOversized,         // Works, and most of its threads never do.
  kIdle,              // At rest.
};

inline constexpr std::array<std::string_view, 17> kBottleneckNames = {
    "healthy", "stale",    "app_limited",        "throttled", "neighbour", "own_cpu",
    "lock",    "dep_dead", "dep_saturated",      "dep_slow",  "threads",   "disk",
    "memory",  "handoff",  "event_loop_blocked", "oversized", "idle",
};

constexpr std::string_view Name(Bottleneck bottleneck) noexcept {
  return kBottleneckNames[static_cast<std::size_t>(bottleneck)];
}

}  // namespace loadline::control
