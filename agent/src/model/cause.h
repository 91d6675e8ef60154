// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace loadline::agent {

// What a pool loses time to. The order is that of kCauses below and of nothing else: reports and
// metrics have the names.
enum class Cause : std::uint8_t {
  kCpu,
  kOwnQueue,
  kNeighbour,
  kQuota,
  kLock,
  kDependency,
  kHandoff,
  kOneAtATime,
  kStorage,
  kMemory,
  kEventLoop,
  kSleep,
  kChild,
  kIpc,
  kDeadlock,
  kThreads,
  kFrozen,
  kStopped,
  kUnknown,
};

struct CauseInfo {
  Cause cause;
  std::string_view name;
  // Its time would be gained if it went away. What is not is named only where nothing else is.
  bool removable = true;
  // It holds for all that the pool does: named before any that is larger.
  bool whole = false;
  // Programs at rest wait so as well: trouble only where somebody is seen to wait for the pool.
  bool common = false;
};

inline constexpr auto kCauses = std::to_array<CauseInfo>({
    {.cause = Cause::kCpu, .name = "cpu", .removable = false},
    {.cause = Cause::kOwnQueue, .name = "own_queue"},
    {.cause = Cause::kNeighbour, .name = "neighbour"},
    {.cause = Cause::kQuota, .name = "quota"},
    {.cause = Cause::kLock, .name = "lock"},
    {.cause = Cause::kDependency, .name = "dependency"},
    {.cause = Cause::kHandoff, .name = "handoff"},
    {.cause = Cause::kOneAtATime, .name = "one_at_a_time"},
    {.cause = Cause::kStorage, .name = "storage"},
    {.cause = Cause::kMemory, .name = "memory"},
    {.cause = Cause::kEventLoop, .name = "event_loop"},
    {.cause = Cause::kSleep, .name = "sleep", .common = true},
    {.cause = Cause::kChild, .name = "child", .common = true},
    {.cause = Cause::kIpc, .name = "ipc", .common = true},
    {.cause = Cause::kDeadlock, .name = "deadlock", .whole = true},
    {.cause = Cause::kThreads, .name = "threads", .whole = true},
    {.cause = Cause::kFrozen, .name = "frozen", .whole = true},
    {.cause = Cause::kStopped, .name = "stopped", .whole = true},
    {.cause = Cause::kUnknown, .name = "unknown", .removable = false},
});
inline constexpr std::size_t kCauseCount = kCauses.size();

static_assert(
    [] {
      for (std::size_t i = 0; i < kCauses.size(); ++i) {
        if (kCauses[i].cause != static_cast<Cause>(i)) {
          return false;
        }
      }
      return true;
    }(),
    "each cause's row stands at its number");

constexpr const CauseInfo& Info(Cause cause) { return kCauses[static_cast<std::size_t>(cause)]; }
constexpr std::string_view Name(Cause cause) { return Info(cause).name; }

}  // namespace loadline::agent
